using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters;

/// <summary>Which gRPC calls are counted, and which by their methods (Envoy: <c>envoy.filters.http.grpc_stats</c>). No step of the filter chain: it changes nothing, and a request that is no gRPC costs nothing.</summary>
internal sealed class GrpcStatsPolicy
{
    private const int MaxNameLength = 256;

    private static readonly SearchValues<byte> NameBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"u8);

    /// <summary>Whether each method has counters of its own; a call whose path names none is not counted then.</summary>
    public bool NamesAll { get; init; }

    /// <summary>The methods that have counters of their own, each <c>SERVICE/METHOD</c>; all others are counted together.</summary>
    public FrozenSet<string> Named { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Whether the dots of a service's name become underscores.</summary>
    public bool ReplacesDots { get; init; }

    /// <summary>The counters of a call; null when it is not counted.</summary>
    /// <param name="stats">Those of its cluster.</param>
    /// <param name="path">Its path, as the client sent it.</param>
    /// <param name="maxMethods">How many methods of a cluster have counters of their own.</param>
    public GrpcMethodCounters? CountersOf(GrpcStats stats, ReadOnlySpan<byte> path, int maxMethods)
    {
        if (!NamesAll && Named.Count == 0)
        {
            return stats.OfAll;
        }

        int query = path.IndexOf((byte)'?');
        path = query < 0 ? path : path[..query];
        int slash = path.LastIndexOf((byte)'/');
        ReadOnlySpan<byte> service = slash > 1 ? path[1..slash] : default;
        ReadOnlySpan<byte> method = slash > 1 ? path[(slash + 1)..] : default;
        bool isName = !method.IsEmpty && path.Length <= MaxNameLength && !service.ContainsAnyExcept(NameBytes) && !method.ContainsAnyExcept(NameBytes);
        if (!isName)
        {
            return NamesAll ? null : stats.OfAll;
        }

        Span<char> name = stackalloc char[MaxNameLength];
        name = name[..Encoding.ASCII.GetChars(path[1..], name)];
        if (!NamesAll && !Named.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name))
        {
            return stats.OfAll;
        }

        if (ReplacesDots)
        {
            name[..service.Length].Replace('.', '_');
        }

        name[service.Length] = '.';
        return stats.Of(name, maxMethods);
    }
}
