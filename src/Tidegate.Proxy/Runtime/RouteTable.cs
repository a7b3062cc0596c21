using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Runtime;

/// <summary>
/// A compiled route configuration: host to virtual host, virtual host to route. Pure and immutable: the same request (with the same random
/// number) finds the same route, on any thread, without allocation.
/// </summary>
public sealed class RouteTable
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it was compiled from.</summary>
    public required Envoy.Config.Route.V3.RouteConfiguration Source { get; init; }

    /// <summary>Its virtual hosts by domain.</summary>
    public required HostTable<RuntimeVirtualHost> Hosts { get; init; }

    /// <summary>Its virtual hosts as they were written.</summary>
    public required IReadOnlyList<RuntimeVirtualHost> VirtualHosts { get; init; }

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
}
