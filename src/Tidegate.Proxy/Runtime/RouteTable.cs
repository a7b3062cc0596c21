using Envoy.Config.Route.V3;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Runtime;

/// <summary>
/// A compiled route configuration: host to virtual host, virtual host to route. Pure and immutable: the same request (with the same random
/// number) finds the same route, on any thread, without allocation.
/// </summary>
public sealed class RouteTable
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The version that it stands for, with units that may have been refused.</summary>
    public required RouteConfiguration Source { get; init; }

    /// <summary>What it says for all virtual hosts was compiled from this: <see cref="Source"/>, or an earlier version where that was refused.</summary>
    public required RouteConfiguration Settings { get; init; }

    /// <summary>What is in force: <see cref="Source"/>, unless units of that were refused.</summary>
    public required RouteConfiguration InForce { get; init; }

    /// <summary>Its virtual hosts by domain.</summary>
    public required HostTable<RuntimeVirtualHost> Hosts { get; init; }

    /// <summary>Its virtual hosts, one for each that was written.</summary>
    public required IReadOnlyList<RuntimeVirtualHost> VirtualHosts { get; init; }

    /// <summary>Whether domains, or virtual hosts, were left out because an earlier one has them.</summary>
    internal bool HasConflicts { get; init; }

    /// <summary>Whether a port in the host is ignored when the virtual host is chosen (Envoy: <c>ignore_port_in_host_matching</c>).</summary>
    public bool IgnoresPort { get; init; }

    /// <summary>Fields that requests from outside lose (Envoy: <c>internal_only_headers</c>), in lower case.</summary>
    public IReadOnlyList<byte[]> InternalOnlyHeaders { get; init; } = [];

    /// <summary>
    /// The route of a request: that of the most specific virtual host, the first whose conditions are met; there is no falling through to another
    /// virtual host (istio-gateway.md 3.3, 13). Null: no virtual host or no route fits, which is 404 with <c>route_not_found</c>. A virtual host that
    /// requires TLS gives a redirect for a request that came without (3.4).
    /// </summary>
    public RuntimeRoute? Match(in RouteRequest request)
    {
        RuntimeVirtualHost? host = FindVirtualHost(request.Authority);
        return host is null ? null : host.RequiresTls(request) ? host.TlsRedirect : host.Match(request);
    }

    /// <summary>The virtual host of an authority; null when no domain fits.</summary>
    public RuntimeVirtualHost? FindVirtualHost(ReadOnlySpan<byte> authority) =>
        Hosts.Find(IgnoresPort ? AuthorityParts.WithoutPort(authority) : authority);

    /// <summary>Adds the places of the secrets that filters of its routes use.</summary>
    internal void AddSecrets(ICollection<SecretSlot> secrets)
    {
        foreach (RuntimeVirtualHost host in VirtualHosts)
        {
            foreach (RuntimeRoute route in host.Routes)
            {
                Add(route.Filters);
                foreach (RouteDestination destination in route.Destinations)
                {
                    Add(destination.Filters);
                }
            }
        }

        void Add(RouteFilters filters)
        {
            foreach (SecretSlot slot in filters.Secrets)
            {
                secrets.Add(slot);
            }
        }
    }

    /// <summary>What is in force in the place of what was refused; null when that is nothing.</summary>
    internal RouteConfiguration? LastGood()
    {
        RouteConfiguration kept = ShellOf(Settings);
        foreach (RuntimeVirtualHost host in VirtualHosts)
        {
            if (host is { IsUnavailable: false } && host.Refused.Any(static unit => unit.KeepsLastGood))
            {
                var shell = new VirtualHost(host.InForce);
                shell.Routes.Clear();
                shell.Routes.Add(host.Routes.Where(static route => route.Action != RouteActionKind.Unavailable).Select(static route => route.Source));
                kept.VirtualHosts.Add(shell);
            }
        }

        return kept.VirtualHosts.Count == 0 && ReferenceEquals(Settings, Source) ? null : kept;
    }

    /// <summary>A route configuration without its virtual hosts: what it says for all.</summary>
    internal static RouteConfiguration ShellOf(RouteConfiguration configuration)
    {
        // Virtual hosts are by far the most of it, and are not copied.
        var shell = new RouteConfiguration
        {
            Name = configuration.Name,
            MostSpecificHeaderMutationsWins = configuration.MostSpecificHeaderMutationsWins,
            IgnorePortInHostMatching = configuration.IgnorePortInHostMatching,
            MaxDirectResponseBodySizeBytes = configuration.MaxDirectResponseBodySizeBytes,
            ValidateClusters = configuration.ValidateClusters,
            Metadata = configuration.Metadata,
        };
        shell.InternalOnlyHeaders.Add(configuration.InternalOnlyHeaders);
        shell.RequestHeadersToAdd.Add(configuration.RequestHeadersToAdd);
        shell.RequestHeadersToRemove.Add(configuration.RequestHeadersToRemove);
        shell.ResponseHeadersToAdd.Add(configuration.ResponseHeadersToAdd);
        shell.ResponseHeadersToRemove.Add(configuration.ResponseHeadersToRemove);
        shell.RequestMirrorPolicies.Add(configuration.RequestMirrorPolicies);
        shell.ClusterSpecifierPlugins.Add(configuration.ClusterSpecifierPlugins);
        shell.TypedPerFilterConfig.Add(configuration.TypedPerFilterConfig);
        return shell;
    }
}
