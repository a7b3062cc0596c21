using System.Diagnostics;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Filters;

/// <summary><c>http[].mirror</c> and <c>mirrors</c> (istio-gateway.md, 4.11).</summary>
public sealed class MirrorTests(MirrorTests.Fixture routes) : IClassFixture<MirrorTests.Fixture>
{
    [Fact]
    public async Task A_mirror_gets_a_copy_of_the_request_as_it_goes_upstream()
    {
        EchoedRequest seen = await routes.EchoAsync("mirror.test", "/copy?a=b", "x-client: 1", "x-gone: 1");
        BackendRequest copy = await CopyAsync("shadow", "/new/copy?a=b");

        Assert.Equal(("main", "/new/copy?a=b"), (seen.Service, seen.Target));
        Assert.Equal("GET", copy.Method);
        Assert.Equal("mirror.test-shadow", copy.Headers["host"]); // as with Istio 1.16, whose behaviour is the default
        Assert.Equal("1", copy.Headers["x-client"]);
        Assert.Equal("route", copy.Headers["x-added"]);
        Assert.False(copy.Headers.Has("x-gone"));
        Assert.Equal(seen.Headers["x-request-id"], copy.Headers["x-request-id"]);
        Assert.Equal("true", copy.Headers["x-envoy-internal"]);
        Assert.False(seen.Headers.Has("x-envoy-internal"));
        Assert.StartsWith(seen.Headers["x-forwarded-for"] + ",127.", copy.Headers["x-forwarded-for"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(200_000)]
    public async Task A_body_is_copied(int length)
    {
        string body = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));
        using RawClient client = await routes.Gateway.ConnectAsync();
        await client.SendAsync($"POST /body/{length} HTTP/1.1\r\nHost: mirror.test\r\ncontent-length: {length}\r\n\r\n");
        await client.SendAsync(body);

        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        Assert.Equal(body, Encoding.ASCII.GetString((await CopyAsync("shadow", $"/new/body/{length}")).BodyBytes));
    }

    [Fact]
    public async Task A_chunked_body_is_copied()
    {
        using RawClient client = await routes.Gateway.ConnectAsync();
        await client.SendAsync("POST /chunked HTTP/1.1\r\nHost: mirror.test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
        await client.SendAsync("2\r\nde\r\n0\r\n\r\n");

        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        Assert.Equal("abcde", Encoding.ASCII.GetString((await CopyAsync("shadow", "/new/chunked")).BodyBytes));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_not_copied_and_arrives_whole()
    {
        const int Length = 3 * 1024 * 1024;
        long abandoned = await AbandonedAsync();
        using RawClient client = await routes.Gateway.ConnectAsync();
        await client.SendAsync($"POST /large HTTP/1.1\r\nHost: mirror.test\r\ncontent-length: {Length}\r\n\r\n");
        await client.SendAsync(new byte[Length]);

        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        Assert.Equal(abandoned + 1, await AbandonedAsync());
        Assert.Contains(routes.Service("main").Requests, request => request.Target == "/new/large" && request.BodyBytes.Length == Length);
        Assert.DoesNotContain(routes.Service("shadow").Requests, request => request.Target == "/new/large");

        async Task<long> AbandonedAsync() => await routes.Gateway.StatAsync("cluster.outbound|80||main.svc.retry_or_shadow_abandoned");
    }

    [Fact]
    public async Task Several_mirrors_get_a_copy_each()
    {
        await routes.EchoAsync("several.test", "/several");

        await CopyAsync("shadow", "/several");
        await CopyAsync("second", "/several");
    }

    [Fact]
    public async Task A_mirror_that_does_not_answer_holds_nothing_up()
    {
        using RawClient client = await routes.Gateway.ConnectAsync();
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await client.ExchangeAsync($"GET /stuck HTTP/1.1\r\nHost: stuck.test\r\n\r\n")).Status);
        }

        Assert.InRange(clock.ElapsedMilliseconds, 0, 5_000);
        await Eventually.HoldsAsync(() => Task.FromResult(routes.Service("stuck").Requests.Count == 20), () => "all copies came");
    }

    [Theory]
    [InlineData("dead.test")] // refuses connections
    [InlineData("resets.test")] // resets them
    [InlineData("missing.test")] // does not exist
    public async Task A_broken_mirror_changes_nothing(string host)
    {
        using RawClient client = await routes.Gateway.ConnectAsync();
        for (int i = 0; i < 5; i++)
        {
            WireResponse response = await client.ExchangeAsync($"POST / HTTP/1.1\r\nHost: {host}\r\ncontent-length: 2\r\n\r\nhi");
            Assert.Equal("main", EchoedRequest.Of(response).Service);
        }
    }

    [Fact]
    public async Task A_percentage_of_requests_is_copied()
    {
        using RawClient client = await routes.Gateway.ConnectAsync();
        for (int i = 0; i < 400; i++)
        {
            await client.ExchangeAsync("GET /quarter HTTP/1.1\r\nHost: quarter.test\r\n\r\n");
        }

        await routes.EchoAsync("quarter-end.test", "/quarter-end");
        await CopyAsync("quarter", "/quarter-end");
        Assert.InRange(routes.Service("quarter").Requests.Count(request => request.Target == "/quarter"), 50, 150); // 6 standard deviations
    }

    [Fact]
    public async Task Connections_to_a_mirror_are_used_again()
    {
        using RawClient client = await routes.Gateway.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await client.ExchangeAsync($"GET /again/{i} HTTP/1.1\r\nHost: again.test\r\n\r\n");
            await CopyAsync("again", $"/again/{i}");
        }

        Assert.InRange(routes.Service("again").Connections.Count, 1, 3);
    }

    private async Task<BackendRequest> CopyAsync(string service, string target)
    {
        BackendRequest? Find() => routes.Service(service).Requests.FirstOrDefault(request => request.Target == target);
        await Eventually.HoldsAsync(() => Task.FromResult(Find() is not null), () => $"{service} gets a copy of {target}");
        return Find()!;
    }

    /// <summary>The VirtualServices of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["main", "shadow", "second", "stuck", "dead", "resets", "quarter", "again"];

        /// <inheritdoc/>
        protected override string Routes
        {
            get
            {
                Service("stuck").Script = async connection =>
                {
                    while (await connection.ReadRequestAsync() is not null)
                    {
                    }
                };
                Service("dead").StopListening();
                Service("resets").Script = connection =>
                {
                    connection.Reset();
                    return Task.CompletedTask;
                };
                return Virtual(
                        "mirror.test",
                        "mirror: {host: shadow.svc}",
                        "match: [{uri: {prefix: /} }]", "rewrite: {uri: /new/}",
                        "headers: {request: {set: {x-added: route}, remove: [x-gone]} }") +
                    Virtual("several.test", "mirrors: [{destination: {host: shadow.svc} }, {destination: {host: second.svc}, percentage: {value: 100} }]") +
                    Virtual("stuck.test", "mirror: {host: stuck.svc}") +
                    Virtual("dead.test", "mirror: {host: dead.svc}") +
                    Virtual("resets.test", "mirror: {host: resets.svc}") +
                    Virtual("missing.test", "mirror: {host: nobody.svc}") +
                    Virtual("quarter.test", "mirror: {host: quarter.svc}", "mirrorPercentage: {value: 25}") +
                    Virtual("quarter-end.test", "mirror: {host: quarter.svc}") +
                    Virtual("again.test", "mirror: {host: again.svc}");
            }
        }

        private static string Virtual(string host, params string[] fields) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{host.Replace('.', '-')}}, namespace: default}
            spec:
              hosts: [{{host}}]
              gateways: [edge]
              http:
              - route: [{destination: {host: main.svc} }]

            """ + string.Concat(fields.Select(field => $"    {field}\n"));
    }
}
