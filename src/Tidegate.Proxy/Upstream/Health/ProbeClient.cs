using System.Net;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>An HTTP client for health checks: one address, no proxy, no redirects, no cookies, nothing added to a request.</summary>
internal static class ProbeClient
{
    /// <summary>A client whose connections all lead to an address, made by <paramref name="connect"/>.</summary>
    public static HttpMessageInvoker Create(Func<CancellationToken, Task<Stream>> connect, bool reusesConnection) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        AutomaticDecompression = DecompressionMethods.None,
        MaxConnectionsPerServer = 1,
        PooledConnectionLifetime = reusesConnection ? Timeout.InfiniteTimeSpan : TimeSpan.Zero,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        ConnectCallback = async (_, cancellation) => await connect(cancellation),
    });

    /// <summary>A request; the path is sent as it is.</summary>
    public static HttpRequestMessage Request(string method, string path, string host, Version version)
    {
        // The name in the address is only a key of the client's pool: the connection is ours, the host is set apart.
        var address = new Uri($"http://endpoint{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(method), address) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("host", host);
        return request;
    }
}
