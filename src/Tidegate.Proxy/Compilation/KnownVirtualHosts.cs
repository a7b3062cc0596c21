using Envoy.Config.Route.V3;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Compilation;

/// <summary>
/// The virtual hosts of the version in force that a new version of a route configuration has as well: of ten thousand, a change has to compile one.
/// A control plane in the same process gives the same message again for what has not changed; of any other, nothing is known here.
/// </summary>
internal sealed class KnownVirtualHosts
{
    private readonly IReadOnlyList<RuntimeVirtualHost> _hosts;
    private Dictionary<VirtualHost, int>? _places;
    private int _next;

    private KnownVirtualHosts(IReadOnlyList<RuntimeVirtualHost> hosts) => _hosts = hosts;

    /// <summary>What a version can take over from the one before; nothing when what they say for all virtual hosts differs.</summary>
    public static KnownVirtualHosts Of(RouteTable? before, RouteConfiguration configuration) =>
        new(before is not null && SayTheSameForAll(before.Settings, configuration) ? before.VirtualHosts : []);

    /// <summary>What a virtual host was compiled to; null when it is new or another. To be asked in the order of the new version.</summary>
    public RuntimeVirtualHost? Find(VirtualHost source)
    {
        if (_next < _hosts.Count)
        {
            // As a rule both versions have the same ones in the same order.
            RuntimeVirtualHost next = _hosts[_next];
            if (ReferenceEquals(next.Source, source))
            {
                _next++;
                return next;
            }

            if (next.Name == source.Name)
            {
                _next++;
                return null;
            }
        }

        if (_places is null)
        {
            _places = new Dictionary<VirtualHost, int>(_hosts.Count, ReferenceEqualityComparer.Instance);
            for (int i = 0; i < _hosts.Count; i++)
            {
                _places[_hosts[i].Source] = i;
            }
        }

        if (!_places.TryGetValue(source, out int place))
        {
            return null;
        }

        _next = place + 1;
        return _hosts[place];
    }

    // What RouteLevels and the compiler read of the configuration itself when they compile a virtual host.
    private static bool SayTheSameForAll(RouteConfiguration a, RouteConfiguration b) =>
        a.MostSpecificHeaderMutationsWins == b.MostSpecificHeaderMutationsWins
        && a.RequestHeadersToAdd.Equals(b.RequestHeadersToAdd)
        && a.RequestHeadersToRemove.Equals(b.RequestHeadersToRemove)
        && a.ResponseHeadersToAdd.Equals(b.ResponseHeadersToAdd)
        && a.ResponseHeadersToRemove.Equals(b.ResponseHeadersToRemove)
        && a.TypedPerFilterConfig.Equals(b.TypedPerFilterConfig);
}
