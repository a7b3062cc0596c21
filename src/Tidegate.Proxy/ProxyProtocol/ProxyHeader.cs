using Tidegate.Net;

namespace Tidegate.Proxy.ProxyProtocol;

/// <summary>What a PROXY header announces (HAProxy, "The PROXY protocol", versions 1 and 2).</summary>
/// <param name="Source">Who connected to the proxy that sends the header; not valid when it does not say (LOCAL, UNKNOWN, AF_UNSPEC, AF_UNIX).</param>
/// <param name="Destination">The address that was connected to; not valid when <paramref name="Source"/> is not.</param>
/// <param name="Version">1 or 2.</param>
/// <param name="Length">The bytes of the header: what follows is the payload.</param>
internal readonly record struct ProxyHeader(NetAddress Source, NetAddress Destination, int Version, int Length)
{
    /// <summary>Whether it announces addresses; without, the connection's own count.</summary>
    public bool HasAddresses => Source.IsValid;
}

/// <summary>What the first bytes of a connection are.</summary>
internal enum ProxyHeaderResult : byte
{
    /// <summary>A whole header.</summary>
    Complete,

    /// <summary>What may become a header.</summary>
    NeedMore,

    /// <summary>Something else.</summary>
    None,

    /// <summary>A header that is broken, or longer than we read.</summary>
    Malformed,
}

/// <summary>Whose headers a listener takes, and whether a connection must have one (Envoy: <c>envoy.filters.listener.proxy_protocol</c>).</summary>
/// <param name="IsOptional">Whether a connection may come without (Envoy: <c>allow_requests_without_proxy_protocol</c>).</param>
/// <param name="TakesVersion1">Whether version 1 is taken (Envoy: <c>disallowed_versions</c>).</param>
/// <param name="TakesVersion2">Whether version 2 is taken.</param>
public sealed record ProxyHeaderPolicy(bool IsOptional, bool TakesVersion1, bool TakesVersion2)
{
    /// <summary>Whether headers of a version are taken.</summary>
    public bool Takes(int version) => version == 1 ? TakesVersion1 : TakesVersion2;
}
