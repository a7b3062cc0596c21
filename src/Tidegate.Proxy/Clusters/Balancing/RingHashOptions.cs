namespace Tidegate.Proxy.Clusters.Balancing;

/// <summary>What makes the places on a ring.</summary>
public enum RingHashFunction : byte
{
    /// <summary>xxHash64 (Envoy: <c>XX_HASH</c>).</summary>
    XxHash,

    /// <summary>MurmurHash2 (Envoy: <c>MURMUR_HASH_2</c>).</summary>
    Murmur2,
}

/// <summary>How a <see cref="HashRing"/> is made (Envoy: <c>RingHashLbConfig</c>).</summary>
/// <param name="MinimumSize">Places at least, so that shares come out well.</param>
/// <param name="MaximumSize">Places at most.</param>
/// <param name="Function">What makes the places.</param>
public sealed record RingHashOptions(ulong MinimumSize, ulong MaximumSize, RingHashFunction Function)
{
    /// <summary>Envoy's values when nothing is set.</summary>
    public static readonly RingHashOptions Default = new(1024, 8 * 1024 * 1024, RingHashFunction.XxHash);
}
