using System.Text;
using Tidegate.Proxy.Tests.Filters;

namespace Tidegate.Proxy.Tests.Telemetry.Statistics;

/// <summary>What is counted of a cluster and of its endpoints, by kind of request (operator-envoy.md, section 1; operator.md, O1 to O5 and O14).</summary>
public sealed class UpstreamTests
{
    private const string RetryRoute = """{"match": {"prefix": "/"}, "route": {"cluster": "service", "retryPolicy": {"retryOn": "5xx,reset", "numRetries": 2, "retryBackOff": {"baseInterval": "0.001s"}}}}""";

    [Fact]
    public async Task An_answer_is_counted_with_its_time_its_bytes_and_the_connections_that_carried_it()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty);
        await AskAsync(gateway, 200);
        await AskAsync(gateway, 200);

        Assert.Equal((2, 2, 2, 2), (Cluster(gateway, "upstream_rq_total"), Cluster(gateway, "upstream_rq_completed"), Cluster(gateway, "upstream_rq_200"), Cluster(gateway, "upstream_rq_2xx")));
        Assert.Equal((2, 2, 2), (Cluster(gateway, "external.upstream_rq_200"), Cluster(gateway, "external.upstream_rq_2xx"), Cluster(gateway, "external.upstream_rq_completed")));
        Assert.Equal((2, 2), (Count(gateway, "upstream_rq_time"), Count(gateway, "external.upstream_rq_time")));
        Assert.Equal(gateway.Seen.Sum(static request => request.Length), Cluster(gateway, "upstream_cx_tx_bytes_total"));
        Assert.Equal(2 * gateway.Answer(string.Empty).Length, Cluster(gateway, "upstream_cx_rx_bytes_total"));
        Assert.DoesNotContain(Names(gateway), static name => name.StartsWith("cluster.service.retry.", StringComparison.Ordinal));
        Assert.Equal((0, 2), (Host(gateway, "rq_active"), Host(gateway, "rq_total")));
        Assert.Equal((2, 0, 0), (Host(gateway, "rq_success"), Host(gateway, "rq_error"), Host(gateway, "rq_timeout")));
        Assert.Equal(Cluster(gateway, "upstream_cx_total"), Host(gateway, "cx_total"));
        Assert.Equal(Cluster(gateway, "upstream_cx_active"), Host(gateway, "cx_active"));
    }

    [Fact]
    public async Task Answers_that_lead_to_a_retry_are_counted_apart()
    {
        int asked = 0;
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, RetryRoute);
        gateway.Answer = _ => Interlocked.Increment(ref asked) <= 2 ? Answer(503) : Answer(200);
        await AskAsync(gateway, 200);

        Assert.Equal((2, 2, 2), (Cluster(gateway, "retry.upstream_rq_503"), Cluster(gateway, "retry.upstream_rq_5xx"), Cluster(gateway, "retry.upstream_rq_completed")));
        Assert.Equal((0, 1, 1), (Cluster(gateway, "upstream_rq_503"), Cluster(gateway, "upstream_rq_200"), Cluster(gateway, "upstream_rq_completed")));
        Assert.Equal((3, 2, 1, 1), (Cluster(gateway, "upstream_rq_total"), Cluster(gateway, "upstream_rq_retry"), Cluster(gateway, "upstream_rq_retry_success"), Count(gateway, "upstream_rq_time")));
        Assert.Equal((1, 2), (Host(gateway, "rq_success"), Host(gateway, "rq_error")));
    }

    [Fact]
    public async Task Connections_end_by_either_side_with_a_request_or_without()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, options: ", \"maxRequestsPerConnection\": 1");
        await AskAsync(gateway, 200);
        Assert.Equal((1, 1, 0, 0), Destroyed(gateway));
        Assert.Equal((1, 1, 1), (Count(gateway, "upstream_cx_length_ms"), Count(gateway, "upstream_rq_per_cx"), Cluster(gateway, "upstream_cx_max_requests")));

        // An answer that says so is the connection's last, and a broken one ends it with its request.
        gateway.Answer = _ => "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"u8.ToArray();
        await AskAsync(gateway, 200);
        Assert.Equal(1, Cluster(gateway, "upstream_cx_close_notify"));
        gateway.Answer = _ => "rubbish\r\n\r\n"u8.ToArray();
        await AskAsync(gateway, 502);
        Assert.Equal((3, 3, 0, 1), Destroyed(gateway));
        Assert.Equal((1, 1), (Cluster(gateway, "upstream_cx_protocol_error"), Cluster(gateway, "upstream_cx_destroy_local_with_active_rq")));
        Assert.Equal(1, Host(gateway, "rq_error"));
    }

    [Fact]
    public async Task An_endpoint_that_ends_the_connection_instead_of_an_answer_is_told_from_us()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty);
        gateway.Answer = _ => [];
        gateway.EndsAfterAnswer = true;
        await AskAsync(gateway, 503);

        Assert.Equal((1, 0, 1, 1), Destroyed(gateway));
        Assert.Equal((1, 0), (Cluster(gateway, "upstream_cx_destroy_remote_with_active_rq"), Cluster(gateway, "upstream_rq_rx_reset")));
    }

    [Fact]
    public async Task A_status_that_is_none_is_counted_as_unknown()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty);
        gateway.Answer = _ => Answer(601);
        await AskAsync(gateway, 601);

        Assert.Equal((1, 1, 1), (Cluster(gateway, "upstream_rq_unknown"), Cluster(gateway, "external.upstream_rq_unknown"), Cluster(gateway, "upstream_rq_completed")));
    }

    [Fact]
    public async Task Circuit_breakers_are_open_as_long_as_what_they_limit_is_used_up()
    {
        var isAsked = new TaskCompletionSource();
        using var mayAnswer = new ManualResetEventSlim();
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, options: ", \"circuitBreakers\": {\"thresholds\": [{\"maxConnections\": 1, \"maxRequests\": 1}]}");
        gateway.Answer = _ =>
        {
            isAsked.SetResult();
            mayAnswer.Wait(TestContext.Current.CancellationToken);
            return Answer(200);
        };
        Task<HttpResponseMessage> answer = gateway.GetAsync();
        await isAsked.Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((1, 1, 0), (Cluster(gateway, "circuit_breakers.default.cx_open"), Cluster(gateway, "circuit_breakers.default.rq_open"), Cluster(gateway, "circuit_breakers.default.rq_pending_open")));
        Assert.Equal((1, 1), (Host(gateway, "rq_active"), Host(gateway, "cx_active")));
        mayAnswer.Set();
        Assert.Equal(200, (int)(await answer).StatusCode);
        await gateway.EventuallyAsync(() => Cluster(gateway, "circuit_breakers.default.rq_open") == 0);
    }

    private static byte[] Answer(int status) => Encoding.ASCII.GetBytes($"HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n");

    // What is counted when the exchange is over is counted when its client has the answer's end, or a little later on the worker's loop.
    private static async Task AskAsync(FilterGateway gateway, int status)
    {
        long before = gateway.Stat("http.in.downstream_rq_completed");
        using HttpResponseMessage answer = await gateway.GetAsync();
        Assert.Equal(status, (int)answer.StatusCode);
        await gateway.EventuallyAsync(() => gateway.Stat("http.in.downstream_rq_completed") > before && Cluster(gateway, "upstream_rq_active") == 0);
    }

    private static (long All, long Local, long Remote, long Cut) Destroyed(FilterGateway gateway) =>
        (Cluster(gateway, "upstream_cx_destroy"), Cluster(gateway, "upstream_cx_destroy_local"), Cluster(gateway, "upstream_cx_destroy_remote"), Cluster(gateway, "upstream_cx_destroy_with_active_rq"));

    private static IEnumerable<string> Names(FilterGateway gateway) => gateway.Proxy.Stats.Sample().Samples.Select(static sample => sample.FullName);

    private static long Cluster(FilterGateway gateway, string name) => gateway.Stat($"cluster.service.{name}");

    private static long Count(FilterGateway gateway, string histogram) =>
        gateway.Proxy.Stats.Sample().Samples.Where(sample => sample.FullName == $"cluster.service.{histogram}").Sum(static sample => sample.Histogram!.Count);

    private static long Host(FilterGateway gateway, string name) =>
        (long)gateway.Proxy.GetClusters().ClusterStatuses.Single().HostStatuses.Single().Stats.Single(metric => metric.Name == name).Value;
}
