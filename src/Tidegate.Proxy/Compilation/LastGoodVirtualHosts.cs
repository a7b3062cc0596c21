using Envoy.Config.Route.V3;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Compilation;

/// <summary>
/// The virtual hosts and routes of a route configuration that were good once: of the version in force and, where that has none, of what was
/// remembered before the process began. Asked only for what is refused, so nothing is indexed or compiled before.
/// </summary>
/// <param name="inForce">The version in force; null when there is none.</param>
/// <param name="remember">Compiles what was remembered; null when nothing was.</param>
internal sealed class LastGoodVirtualHosts(RouteTable? inForce, Func<RouteTable?> remember)
{
    private Dictionary<string, RuntimeVirtualHost>? _inForce;
    private Dictionary<string, RuntimeVirtualHost>? _remembered;

    /// <summary>The last good version of a virtual host; null when there is none.</summary>
    public RuntimeVirtualHost? Find(string name)
    {
        foreach (RuntimeVirtualHost host in Named(name))
        {
            if (!host.IsUnavailable)
            {
                return host;
            }
        }

        return null;
    }

    /// <summary>
    /// The last good version of a route: for the same requests and of the same object; else of the same name and object. Null when there is none.
    /// </summary>
    public RuntimeRoute? Find(Route source, string hostName, string? origin)
    {
        foreach (RuntimeVirtualHost host in Named(hostName))
        {
            RuntimeRoute? sameMatch = null;
            RuntimeRoute? sameName = null;
            foreach (RuntimeRoute route in host.Routes)
            {
                if (route.Action == RouteActionKind.Unavailable || route.Source is not { } known || route.ConfigPath != (origin ?? route.ConfigPath))
                {
                    continue;
                }

                sameMatch ??= Equals(known.Match, source.Match) ? route : null;
                sameName ??= source.Name.Length > 0 && known.Name == source.Name ? route : null;
            }

            if ((sameMatch ?? sameName) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private IEnumerable<RuntimeVirtualHost> Named(string name)
    {
        _inForce ??= Index(inForce);
        if (_inForce.TryGetValue(name, out RuntimeVirtualHost? host))
        {
            yield return host;
        }

        _remembered ??= Index(remember());
        if (_remembered.TryGetValue(name, out host))
        {
            yield return host;
        }
    }

    private static Dictionary<string, RuntimeVirtualHost> Index(RouteTable? table)
    {
        Dictionary<string, RuntimeVirtualHost> hosts = [];
        foreach (RuntimeVirtualHost host in table?.VirtualHosts ?? [])
        {
            hosts.TryAdd(host.Name, host);
        }

        return hosts;
    }
}
