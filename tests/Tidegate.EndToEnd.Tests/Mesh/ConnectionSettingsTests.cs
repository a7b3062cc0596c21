using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Mesh;

/// <summary>The mesh's <c>connectionSettings</c> (istio-gateway.md, 2.6) as clients meet them, one gateway after the other.</summary>
public sealed class ConnectionSettingsTests : IAsyncDisposable
{
    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

    [Fact]
    public async Task The_edge_profile_refuses_what_is_ambiguous()
    {
        await using GatewayProcess gateway = await StartAsync("profile: EDGE");

        Assert.Equal(400, (await gateway.ExchangeAsync("GET / HTTP/1.1\r\nHost: web.test\r\nx_user: 1\r\n\r\n")).Status);
        WireResponse redirected = await gateway.GetAsync("web.test", "/a%2Fb");
        Assert.Equal((307, "/a/b"), (redirected.Status, redirected.Headers["location"]));
        await gateway.GetAsync("web.test", "//merged//path");
        Assert.Equal("/merged/path", _backend.Requests[^1].Target);
    }

    [Fact]
    public async Task Fields_with_underscores_can_be_taken_off()
    {
        await using GatewayProcess gateway = await StartAsync("httpHeadersWithUnderscoresAction: HEADERS_WITH_UNDERSCORES_DROP_HEADER");

        Assert.Equal(200, (await gateway.ExchangeAsync("GET /dropped HTTP/1.1\r\nHost: web.test\r\nx_user: 1\r\nx-user: 2\r\nx_other: 3\r\n\r\n")).Status);

        BackendRequest seen = _backend.Requests.Single(request => request.Target == "/dropped");
        Assert.Equal("2", seen.Headers["x-user"]);
        Assert.DoesNotContain(seen.Headers, field => field.Key.Contains('_', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Settings_count_more_than_the_meshs_other_ones()
    {
        await using GatewayProcess gateway = await StartAsync(
            "httpMergeSlashes: false, httpPathWithEscapedSlashesAction: REJECT_REQUEST", "pathNormalization: {normalization: DECODE_AND_MERGE_SLASHES}");

        await gateway.GetAsync("web.test", "//two//slashes");
        Assert.Equal("//two//slashes", _backend.Requests[^1].Target);
        Assert.Equal(400, (await gateway.GetAsync("web.test", "/a%2fb")).Status);
    }

    [Fact]
    public async Task Connections_and_requests_end_after_their_times()
    {
        await using GatewayProcess gateway = await StartAsync("httpIdleTimeout: 300ms, httpRequestTimeout: 400ms, httpStreamIdleTimeout: 500ms");

        // 1. A connection that rests.
        using RawClient idle = await gateway.ConnectAsync();
        await idle.ExchangeAsync("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n");
        await idle.AssertClosedAsync();

        // 2. A request that does not come whole.
        using RawClient half = await gateway.ConnectAsync();
        await half.SendAsync("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 10\r\n\r\nhalf");
        Assert.Equal(408, (await half.ReadResponseAsync()).Status);

        // 3. A backend that is silent.
        _backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.UntilClosedByGatewayAsync();
        };
        gateway.Apply("other.yaml", Manifests.Backend("silent.test", _backend));
        await gateway.AnswersAsync(504, "silent.test");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    private async Task<GatewayProcess> StartAsync(string settings, string mesh = "")
    {
        GatewayProcess gateway = await GatewayProcess.StartAsync(
            $"mesh:\n  defaultConfig: {{connectionSettings: {{{settings}}}}}\n{(mesh.Length > 0 ? $"  {mesh}\n" : "")}"
            + Manifests.HttpGateway() + Manifests.Backend("web.test", _backend));
        await gateway.AnswersAsync(200, "web.test");
        Assert.DoesNotContain("error   pilot", gateway.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("warning  pilot", gateway.Errors, StringComparison.Ordinal);
        return gateway;
    }
}
