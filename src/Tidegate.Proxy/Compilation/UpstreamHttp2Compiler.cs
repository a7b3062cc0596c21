using Envoy.Config.Core.V3;
using Tidegate.Http.Http2;
using Tidegate.Proxy.Clusters;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles how endpoints are spoken to in HTTP/2.</summary>
internal static class UpstreamHttp2Compiler
{
    // RFC 9113, sections 6.5.2 and 6.9.1.
    private const uint SmallestWindow = 65_535;
    private const uint LargestWindow = int.MaxValue;

    /// <summary>Compiles the options of a cluster; null counts as empty.</summary>
    public static UpstreamHttp2 Compile(Http2ProtocolOptions? options, CompileScope scope)
    {
        if (options is null)
        {
            return UpstreamHttp2.Default;
        }

        Http2Limits limits = UpstreamHttp2.Default.Limits;
        uint streams = options.MaxConcurrentStreams ?? (uint)limits.MaxConcurrentStreams;
        scope.RefuseIf(streams is 0 or > int.MaxValue, "max_concurrent_streams has to be 1 to 2147483647");
        return new UpstreamHttp2(
            limits with
            {
                MaxConcurrentStreams = (int)Math.Min(streams, int.MaxValue),
                StreamWindowBytes = Window(options.InitialStreamWindowSize, limits.StreamWindowBytes, scope.At("initial_stream_window_size")),
                ConnectionWindowBytes = Window(options.InitialConnectionWindowSize, limits.ConnectionWindowBytes, scope.At("initial_connection_window_size")),
            },
            KeepAlive(options.ConnectionKeepalive, scope.At("connection_keepalive")));
    }

    private static int Window(uint? bytes, int otherwise, CompileScope scope)
    {
        scope.RefuseIf(bytes is < SmallestWindow or > LargestWindow, $"has to be {SmallestWindow} to {LargestWindow}");
        return bytes is { } given ? (int)Math.Min(given, LargestWindow) : otherwise;
    }

    private static Http2KeepAlive? KeepAlive(KeepaliveSettings? settings, CompileScope scope)
    {
        long intervalMs = scope.At("interval").MillisecondsOrNull(settings?.Interval) ?? 0;
        long timeoutMs = scope.At("timeout").MillisecondsOrNull(settings?.Timeout) ?? 0;
        return intervalMs > 0 ? new Http2KeepAlive(intervalMs, timeoutMs > 0 ? timeoutMs : intervalMs) : null;
    }
}
