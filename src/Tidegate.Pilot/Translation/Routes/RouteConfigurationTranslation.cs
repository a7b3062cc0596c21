using System.Runtime.InteropServices;
using Envoy.Config.Route.V3;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.SecurityPolicies;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Translation.VirtualServices;
using Tidegate.Xds;
using static Tidegate.Pilot.Translation.Routes.RouteMemory;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>
/// Puts route configurations together (spec 3.3 to 3.7). Everything that has not changed since the last pass is the same instance again:
/// routes, virtual hosts, whole configurations. So a change costs the changed virtual host, and a walk over the names of the others.
/// </summary>
internal sealed class RouteConfigurationTranslation(
    ProxyNode node,
    MeshSettings mesh,
    ProxyFeatures features,
    VirtualServiceIndex virtualServices,
    ServiceIndex services,
    DestinationRuleIndex rules,
    SecurityPolicyIndex policies,
    bool answersAreCurrent,
    RouteMemory memory)
{
    /// <summary>The most that Istio lets a direct response be (1 MiB).</summary>
    private const uint MaxDirectResponseBytes = 1 << 20;

    /// <summary>The route configuration of that name.</summary>
    /// <param name="routeName">Its name.</param>
    /// <param name="servers">The servers that it serves, in merge order.</param>
    public BuiltRouteConfiguration Translate(string routeName, IReadOnlyList<BoundServer> servers)
    {
        // 1. What each VirtualService says about each host of each server.
        var drafts = Gather(servers);

        // 2. Hosts with the very same routes share a virtual host. With none at all, one that has no routes: everything is a 404.
        var collapsed = drafts.Count == 0 ? [BlackHole(servers[0].Port)] : Collapse(drafts);

        // 3. The messages.
        var includesAttemptCount = !mesh.AttemptCountDisabled && drafts.Count > 0;
        var virtualHosts = new BuiltVirtualHost[collapsed.Count];
        for (var i = 0; i < virtualHosts.Length; i++)
        {
            virtualHosts[i] = Build(routeName, collapsed[i], includesAttemptCount);
        }
        return Build(routeName, Sorted(virtualHosts));
    }

    private Dictionary<string, VirtualHostDraft> Gather(IReadOnlyList<BoundServer> servers)
    {
        var drafts = new Dictionary<string, VirtualHostDraft>(virtualServices.BoundTo(servers[0].GatewayName).Count, StringComparer.Ordinal);
        // Routes are built once per Gateway, VirtualService and its policies, with the port of the first server that gives any.
        var built = servers.Count == 1 ? null : new Dictionary<BuiltKey, BuiltRoutes>();
        foreach (var server in servers)
        {
            foreach (var virtualService in virtualServices.BoundTo(server.GatewayName))
            {
                var hosts = SharedHosts(server, virtualService);
                if (hosts.Count == 0 || Routes(server, virtualService, built) is not { } routes)
                {
                    continue;
                }
                foreach (var host in hosts)
                {
                    var draft = DraftOf(host, server.Port, drafts);
                    draft.Parts.Add(routes);
                    draft.RequiresTls |= server.RedirectsToHttps;
                }
            }
            if (server.RedirectsToHttps)
            {
                // Hosts without routes redirect as well; one with a namespace is taken as it is written, as in Istio.
                foreach (var host in server.Hosts)
                {
                    DraftOf(host.ToLowerInvariant(), server.Port, drafts).RequiresTls = true;
                }
            }
        }
        return drafts;
    }

    private static VirtualHostDraft DraftOf(string host, int port, Dictionary<string, VirtualHostDraft> drafts)
    {
        if (!drafts.TryGetValue(host, out var draft))
        {
            drafts[host] = draft = new VirtualHostDraft(host, port);
        }
        return draft;
    }

    private IReadOnlyList<string> SharedHosts(BoundServer server, BoundVirtualService virtualService) => memory.SharedHosts.GetOrAdd(
        (new Identity<BoundServer>(server), new Identity<BoundVirtualService>(virtualService)),
        0,
        static (key, _) =>
        {
            var (server, virtualService) = (key.Server.Value!, key.VirtualService.Value!);
            var admitted = HostNames.ForNamespace(server.Hosts, virtualService.Namespace);
            var shared = HostNames.Intersect(admitted, virtualService.Hosts);
            return shared.Count == 0 ? shared : [.. shared.Select(host => host.ToLowerInvariant())];
        });

    private BuiltRoutes? Routes(
        BoundServer server, BoundVirtualService virtualService, Dictionary<BuiltKey, BuiltRoutes>? built)
    {
        BuiltRoutes? routes = null;
        var ofRoutes = policies.Of(server, virtualService);
        var builtKey = new BuiltKey(server.GatewayName, new Identity<BoundVirtualService>(virtualService), new IdentityList(ofRoutes));
        if (built?.TryGetValue(builtKey, out routes) == true)
        {
            return routes;
        }
        var key = (builtKey.VirtualService, server.GatewayName, server.Port, server.HasTls, builtKey.Policies);
        if (!memory.Built.TryGet(key, out routes) ||
            !(answersAreCurrent || DestinationLookup.AreCurrent(routes.Answers, services, rules)))
        {
            var lookup = new DestinationLookup(services, rules);
            var context = new RouteContext(node, mesh, server.GatewayName, server.Port, server.HasTls, features, ofRoutes, lookup);
            IReadOnlyList<TranslatedRoute> translated = [.. RouteTranslation.Translate(virtualService, context)];
            routes = new BuiltRoutes(virtualService, translated, ofRoutes, lookup.Answers);
            memory.Built.Set(key, routes);
        }
        if (routes.Routes.Count == 0)
        {
            return null;
        }
        built?.Add(builtKey, routes);
        return routes;
    }

    /// <summary>The more specific host keeps its name and takes in the domains of the others (spec 3.5).</summary>
    private static List<VirtualHostDraft> Collapse(Dictionary<string, VirtualHostDraft> drafts)
    {
        // The one draft, or a list of several. As a rule there is one part.
        var groups = new Dictionary<object, object>(drafts.Count);
        foreach (var draft in drafts.Values)
        {
            object parts = draft.Parts.Count == 1 ? draft.Parts[0] : new IdentityList(draft.Parts);
            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, parts, out _);
            switch (group)
            {
                case null:
                    group = draft;
                    break;
                case VirtualHostDraft first:
                    group = new List<VirtualHostDraft> { first, draft };
                    break;
                default:
                    ((List<VirtualHostDraft>)group).Add(draft);
                    break;
            }
        }
        var result = new List<VirtualHostDraft>(groups.Count);
        foreach (var group in groups.Values)
        {
            if (group is VirtualHostDraft only)
            {
                result.Add(only);
                continue;
            }
            var several = (List<VirtualHostDraft>)group;
            several.Sort(static (a, b) => HostNames.CompareSpecificity(a.Host, b.Host));
            VirtualHostDraft? primary = null;
            foreach (var draft in several)
            {
                if (primary is not null && primary.RequiresTls == draft.RequiresTls)
                {
                    primary.Domains.AddRange(draft.Domains);
                    continue;
                }
                primary = draft;
                result.Add(draft);
            }
        }
        return result;
    }

    /// <summary>By name. Those of the last pass have their order; only others have to be sorted.</summary>
    private static BuiltVirtualHost[] Sorted(BuiltVirtualHost[] virtualHosts)
    {
        var known = new BuiltVirtualHost?[virtualHosts.Max(host => host.Place) + 1];
        var others = new List<BuiltVirtualHost>();
        foreach (var host in virtualHosts)
        {
            if (host.Place >= 0 && known[host.Place] is null)
            {
                known[host.Place] = host;
            }
            else
            {
                others.Add(host);
            }
        }
        others.Sort(static (a, b) => string.CompareOrdinal(a.Message.Name, b.Message.Name));
        int placed = 0, other = 0;
        foreach (var host in known)
        {
            if (host is null)
            {
                continue;
            }
            while (other < others.Count && string.CompareOrdinal(others[other].Message.Name, host.Message.Name) < 0)
            {
                virtualHosts[placed++] = others[other++];
            }
            virtualHosts[placed++] = host;
        }
        others.CopyTo(other, virtualHosts, placed, others.Count - other);
        for (var i = 0; i < virtualHosts.Length; i++)
        {
            virtualHosts[i].Place = i;
        }
        return virtualHosts;
    }

    private static VirtualHostDraft BlackHole(int port)
    {
        var draft = new VirtualHostDraft("blackhole", port);
        draft.Domains[0] = "*";
        return draft;
    }

    private BuiltVirtualHost Build(string routeName, VirtualHostDraft draft, bool includesAttemptCount)
    {
        var key = (routeName, draft.Host);
        if (memory.VirtualHosts.TryGet(key, out var known) && known.IsOf(draft))
        {
            return known;
        }
        var message = draft.Build(includesAttemptCount);
        var place = known is not null && known.Message.Name == message.Name ? known.Place : -1;
        var result = new BuiltVirtualHost([.. draft.Parts], draft.DeclaredPort, message, ContentHash.Of(message), draft.FindTakenRoutes()) { Place = place };
        memory.VirtualHosts.Set(key, result);
        return result;
    }

    private BuiltRouteConfiguration Build(string routeName, BuiltVirtualHost[] virtualHosts)
    {
        if (memory.Configurations.TryGet(routeName, out var known) && known.VirtualHosts.SequenceEqual(virtualHosts, ReferenceEqualityComparer.Instance))
        {
            return known;
        }
        var message = new RouteConfiguration { Name = routeName, ValidateClusters = false, IgnorePortInHostMatching = true };
        if (mesh.CompatibilityVersion != CompatibilityVersion.Istio1_16)
        {
            message.MaxDirectResponseBodySizeBytes = MaxDirectResponseBytes;
        }
        var hash = ContentHash.Combine(ContentHash.Of(message), [.. virtualHosts.Select(host => host.Hash)]);
        message.VirtualHosts.Capacity = virtualHosts.Length;
        var findings = new List<Finding>();
        foreach (var virtualHost in virtualHosts)
        {
            message.VirtualHosts.Add(virtualHost.Message);
            findings.AddRange(virtualHost.Findings);
        }
        var resource = new XdsResource(new XdsName(XdsTypes.Route, routeName), hash.ToString(), message);
        var built = new BuiltRouteConfiguration(virtualHosts, resource, PoliciesOf(virtualHosts), findings);
        memory.Configurations.Set(routeName, built);
        return built;
    }

    private static IReadOnlyList<SecurityPolicyFilters> PoliciesOf(BuiltVirtualHost[] virtualHosts) =>
    [
        .. virtualHosts.SelectMany(static host => host.Parts)
            .Where(static part => part.Policies.Count > 0)
            .SelectMany(static part => part.Routes.Select(route => part.Policies[route.Index]))
            .OfType<SecurityPolicyFilters>()
            .Distinct(),
    ];

    private readonly record struct BuiltKey(string Gateway, Identity<BoundVirtualService> VirtualService, IdentityList Policies);
}
