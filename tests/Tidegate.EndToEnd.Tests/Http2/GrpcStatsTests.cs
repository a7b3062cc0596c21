using Tidegate.EndToEnd.Tests.Harness;
using static Tidegate.EndToEnd.Tests.Http2.FramePeer;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>What is counted of gRPC calls (Envoy: <c>envoy.filters.http.grpc_stats</c>, below <c>cluster.NAME.grpc.</c>).</summary>
public sealed class GrpcStatsTests : IAsyncLifetime
{
    private const string Ask = "\0\0\0\0\u0002hi";

    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Theory]
    [InlineData("'statsForAllMethods': true", "pkg.Svc.Do.")]
    [InlineData("'individualMethodStatsAllowlist': {'services': [{'name': 'pkg.Svc', 'methodNames': ['Do']}]}", "pkg.Svc.Do.")]
    [InlineData("'individualMethodStatsAllowlist': {'services': [{'name': 'pkg.Svc', 'methodNames': ['Other']}]}", "")]
    [InlineData("'emitFilterState': true, 'statsForAllMethods': false", "")]
    public async Task Calls_are_counted_by_their_status_and_messages(string options, string method)
    {
        FrameBackend.Script(_backend, async backend =>
        {
            await backend.HearUntilAsync("DATA 1 END");
            await backend.SayAsync(
                FramePeer.Headers(1, false, ":status: 200", "content-type: application/grpc"), Data(1, false, Ask + Ask + Ask), FramePeer.Headers(1, true, "grpc-status: 0"));
            await backend.HearUntilAsync("DATA 3 END");
            await backend.SayAsync(FramePeer.Headers(3, true, ":status: 200", "content-type: application/grpc", "grpc-status: 5"));
            await backend.HearUntilAsync("GOAWAY");
        });
        await using XdsProxy proxy = await XdsProxy.StartAsync(
            _backend.EndPoint,
            FrameBackend.Speaks,
            filters: $"{{'name': 'envoy.filters.http.grpc_stats', 'typedConfig': {{'@type': 'type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig', {options}}}}},");
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await AskAsync(client, 1, Ask + Ask);
        await AskAsync(client, 3, Ask);

        string prefix = $"cluster.backend.grpc.{method}";
        await Eventually.HoldsAsync(() => proxy.Counter("http.test.downstream_rq_2xx") == 2, "both calls have ended");
        Assert.Equal((1, 1, 2), (proxy.Counter(prefix + "success"), proxy.Counter(prefix + "failure"), proxy.Counter(prefix + "total")));
        Assert.Equal((1, 1), (proxy.Counter(prefix + "0"), proxy.Counter(prefix + "5")));
        Assert.Equal((3, 3), (proxy.Counter(prefix + "request_message_count"), proxy.Counter(prefix + "response_message_count")));
    }

    private static async Task AskAsync(FrameClient client, int stream, string body)
    {
        await client.SayAsync(
            FramePeer.Headers(stream, false, ":method: POST", ":scheme: http", ":path: /pkg.Svc/Do", ":authority: x", "content-type: application/grpc", "te: trailers"), Data(stream, true, body));
        await client.HearUntilAsync($"HEADERS {stream} END");
    }
}
