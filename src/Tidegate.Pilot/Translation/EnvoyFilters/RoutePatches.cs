using Envoy.Config.Route.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Incremental;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// Applies the patches of route configurations, virtual hosts and routes, as Istio's <c>rc_patch.go</c>. What was made of a virtual host is
/// remembered: a change among thousands costs the one that changed.
/// </summary>
/// <param name="patches">The patches.</param>
/// <param name="memory">What was made of virtual hosts.</param>
/// <param name="outcome">Takes what comes of them.</param>
internal sealed class RoutePatches(
    EnvoyPatchSet patches, Memo<(Identity<VirtualHost> Host, IdentityList Patches), RoutePatches.PatchedHost> memory, PatchOutcome outcome)
{
    /// <summary>The route configuration with all patches, and the hash of its content.</summary>
    /// <param name="configuration">The route configuration.</param>
    /// <param name="servers">The servers that it serves.</param>
    public (RouteConfiguration Configuration, ContentHash Hash) Apply(RouteConfiguration configuration, IReadOnlyList<BoundServer> servers)
    {
        var result = MessageMerge.Copy(configuration);
        result.VirtualHosts.Clear();
        foreach (var patch in patches.Of(EnvoyApplyTo.RouteConfiguration).Where(patch => patch.Merges && IsMeant(configuration.Name, servers, patch)))
        {
            outcome.Matched.Add(patch);
            result = patch.MergeInto(result);
        }
        result.Name = configuration.Name; // listeners ask for it by this name
        var holder = ContentHash.Of(result);

        var ofHosts = patches.Of(EnvoyApplyTo.VirtualHost).Where(patch => IsMeant(configuration.Name, servers, patch)).ToArray();
        var ofRoutes = patches.Of(EnvoyApplyTo.HttpRoute).Where(patch => IsMeant(configuration.Name, servers, patch)).ToArray();
        var applied = new IdentityList([.. ofHosts, .. ofRoutes]);
        var hosts = new List<PatchedHost>(configuration.VirtualHosts.Count);
        foreach (var host in configuration.VirtualHosts)
        {
            var key = (new Identity<VirtualHost>(host), applied);
            if (!memory.TryGet(key, out var patched))
            {
                var own = new PatchOutcome();
                var message = Apply(host, ofHosts, ofRoutes, own);
                patched = new PatchedHost(message, message is null ? default : ContentHash.Of(message), own);
                memory.Set(key, patched);
            }
            outcome.Matched.UnionWith(patched.Outcome.Matched);
            outcome.Findings.AddRange(patched.Outcome.Findings);
            if (patched.Message is not null)
            {
                hosts.Add(patched);
            }
        }
        foreach (var patch in ofHosts.Where(patch => patch.Operation == EnvoyPatchOperation.Add))
        {
            var added = (VirtualHost)patch.Value!;
            outcome.Matched.Add(patch);
            if (hosts.Exists(host => host.Message!.Name == added.Name))
            {
                outcome.Findings.Add(Finding.Warning(DiagnosticCodes.PatchBroken, patch.Source, $"{patch.ValuePath}.name", $"\"{added.Name}\" is there already; the patch is left out"));
                continue;
            }
            hosts.Add(new PatchedHost(added, ContentHash.Of(added), new PatchOutcome()));
        }
        result.VirtualHosts.Capacity = result.VirtualHosts.Count + hosts.Count;
        foreach (var host in hosts)
        {
            result.VirtualHosts.Add(host.Message);
        }
        return (result, ContentHash.Combine(holder, [.. hosts.Select(host => host.Hash)]));
    }

    private static VirtualHost? Apply(VirtualHost host, IReadOnlyList<EnvoyPatch> ofHosts, IReadOnlyList<EnvoyPatch> ofRoutes, PatchOutcome outcome)
    {
        foreach (var patch in ofHosts.Where(patch => patch.Operation != EnvoyPatchOperation.Add && IsMeant(host, patch)))
        {
            outcome.Matched.Add(patch);
            if (patch.Operation == EnvoyPatchOperation.Remove)
            {
                return null;
            }
            host = patch.Operation == EnvoyPatchOperation.Replace ? (VirtualHost)patch.Value!
                : patch.Merges ? patch.MergeInto(host)
                : host;
        }
        var meant = ofRoutes.Where(patch => IsMeant(host, patch)).ToArray();
        if (meant.Length == 0)
        {
            return host;
        }
        var result = MessageMerge.Copy(host);
        for (var i = result.Routes.Count - 1; i >= 0; i--)
        {
            foreach (var patch in meant.Where(patch => IsMeant(result.Routes[i], patch)))
            {
                if (patch.Operation == EnvoyPatchOperation.Remove)
                {
                    outcome.Matched.Add(patch);
                    result.Routes.RemoveAt(i);
                    break;
                }
                if (patch.Merges)
                {
                    outcome.Matched.Add(patch);
                    result.Routes[i] = Merge(result.Routes[i], patch, outcome);
                }
            }
        }
        foreach (var patch in meant)
        {
            var looksForOne = patch.Route?.HasRoute == true;
            switch (patch.Operation)
            {
                case EnvoyPatchOperation.InsertFirst when looksForOne && !result.Routes.Any(route => IsMeant(route, patch)):
                case EnvoyPatchOperation.Remove or EnvoyPatchOperation.Replace:
                    break;
                default:
                    if (patch.Edit(result.Routes, looksForOne, route => IsMeant(route, patch)))
                    {
                        outcome.Matched.Add(patch);
                    }
                    break;
            }
        }
        return result;
    }

    // What is said of a route to a cluster makes nothing of one that redirects or answers itself: Envoy would refuse all routes.
    private static Route Merge(Route route, EnvoyPatch patch, PatchOutcome outcome)
    {
        var merged = patch.MergeInto(route);
        var leadsNowhere = merged.Route_ is { ClusterSpecifierCase: RouteAction.ClusterSpecifierOneofCase.None } || merged.DirectResponse is { Status: 0 };
        if (merged.ActionCase == route.ActionCase || !leadsNowhere)
        {
            return merged;
        }
        outcome.Findings.Add(Finding.Warning(
            DiagnosticCodes.PatchBroken,
            patch.Source,
            $"{patch.ValuePath}.{(merged.Route_ is null ? "direct_response" : "route")}",
            "is merged into routes of another kind as well, which it would make useless; the patch has no effect there (match.routeConfiguration.vhost.route.action chooses a kind)"));
        return route;
    }

    /// <summary>An <c>http.*</c> name says neither port name nor Gateway, so that a match of these fits HTTPS servers alone.</summary>
    private static bool IsMeant(string routeName, IReadOnlyList<BoundServer> servers, EnvoyPatch patch)
    {
        if (patch.Route is not { } match)
        {
            return true;
        }
        var isHttps = routeName.StartsWith("https.", StringComparison.Ordinal);
        return (match.Name.Length == 0 || match.Name == routeName) &&
            (match.PortName.Length == 0 || (isHttps && servers.Any(server => server.Server.Port?.Name == match.PortName))) &&
            (match.Gateway.Length == 0 || (isHttps && servers.Any(server => server.GatewayName == match.Gateway))) &&
            (match.PortNumber == 0 || servers.Any(server => server.Port == match.PortNumber));
    }

    private static bool IsMeant(VirtualHost host, EnvoyPatch patch)
    {
        var match = patch.Route;
        return match is null ||
            ((match.VirtualHost.Length == 0 || match.VirtualHost == host.Name) &&
            (match.DomainName.Length == 0 || host.Domains.Contains(match.DomainName)));
    }

    private static bool IsMeant(Route route, EnvoyPatch patch)
    {
        if (patch.Route is not { HasRoute: true } match)
        {
            return true;
        }
        if (match.Route.Length > 0 && match.Route != route.Name)
        {
            return false;
        }
        return match.Action switch
        {
            EnvoyRouteAction.Route => route.ActionCase == Route.ActionOneofCase.Route_,
            EnvoyRouteAction.Redirect => route.ActionCase == Route.ActionOneofCase.Redirect,
            EnvoyRouteAction.DirectResponse => route.ActionCase == Route.ActionOneofCase.DirectResponse,
            _ => true,
        };
    }

    /// <summary>A virtual host with its patches; null when one takes it away.</summary>
    internal sealed record PatchedHost(VirtualHost? Message, ContentHash Hash, PatchOutcome Outcome);
}
