using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Routing.Metadata;

namespace Tidegate.Proxy.Routing;

/// <summary>
/// What a route is chosen by: one request as the edge left it (path normalised, spoofed fields removed). A view over memory that
/// others own, valid while the head is not changed.
/// </summary>
public readonly ref struct RouteRequest
{
    /// <summary>The request of a head; the scheme is that of the head, or of the connection where the head has none.</summary>
    /// <param name="head">The request.</param>
    /// <param name="isTls">Whether the client came by TLS.</param>
    /// <param name="random">A random number for this request (Envoy: <c>random_value</c>): fractions and weights are drawn from it.</param>
    public RouteRequest(RequestHead head, bool isTls, ulong random)
        : this(head.Authority, head.Path, head.MethodName, head.Scheme, head.Headers, isTls, random)
    {
    }

    /// <summary>A request of its parts.</summary>
    /// <param name="authority">Host and optional port, case kept.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="method">The method, case kept.</param>
    /// <param name="scheme"><c>http</c>, <c>https</c>, or empty for that of the connection.</param>
    /// <param name="headers">All fields but Host.</param>
    /// <param name="isTls">Whether the client came by TLS.</param>
    /// <param name="random">A random number for this request.</param>
    public RouteRequest(
        ReadOnlySpan<byte> authority,
        ReadOnlySpan<byte> path,
        ReadOnlySpan<byte> method,
        ReadOnlySpan<byte> scheme,
        HeaderMap headers,
        bool isTls,
        ulong random)
    {
        Authority = authority;
        Path = path;
        int query = path.IndexOf((byte)'?');
        PathWithoutQuery = query < 0 ? path : path[..query];
        Query = query < 0 ? default : path[(query + 1)..];
        Method = method;
        Scheme = scheme.IsEmpty ? (isTls ? "https"u8 : "http"u8) : scheme;
        Headers = headers;
        IsTls = isTls;
        Random = random;
    }

    /// <summary>Host and optional port, case kept.</summary>
    public ReadOnlySpan<byte> Authority { get; }

    /// <summary>Path and query.</summary>
    public ReadOnlySpan<byte> Path { get; }

    /// <summary>The path up to the first question mark: what path matchers see.</summary>
    public ReadOnlySpan<byte> PathWithoutQuery { get; }

    /// <summary>What follows the first question mark; empty when there is none.</summary>
    public ReadOnlySpan<byte> Query { get; }

    /// <summary>The method, case kept.</summary>
    public ReadOnlySpan<byte> Method { get; }

    /// <summary><c>http</c> or <c>https</c>, as the client (or a trusted proxy before us) speaks it.</summary>
    public ReadOnlySpan<byte> Scheme { get; }

    /// <summary>All fields but Host.</summary>
    public HeaderMap Headers { get; }

    /// <summary>Whether the client came by TLS.</summary>
    public bool IsTls { get; }

    /// <summary>A random number for this request.</summary>
    public ulong Random { get; }

    /// <summary>What filters have noted of it; null where that is not asked for.</summary>
    internal DynamicMetadata? Metadata { get; init; }
}
