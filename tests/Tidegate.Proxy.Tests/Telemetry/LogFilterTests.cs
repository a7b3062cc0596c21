using Envoy.Config.Accesslog.V3;
using Tidegate.Proxy.AccessLogs.Filters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Tests.Runtime;

namespace Tidegate.Proxy.Tests.Telemetry;

/// <summary>Which requests an access log takes: Envoy's <c>AccessLogFilter</c>. The sample is a GET with 200 that took 15 ms.</summary>
public sealed class LogFilterTests
{
    [Theory]
    [InlineData("'durationFilter': {'comparison': {'op': 'GE', 'value': {'defaultValue': 15}}}", true)]
    [InlineData("'durationFilter': {'comparison': {'op': 'LE', 'value': {'defaultValue': 14}}}", false)]
    [InlineData("'notHealthCheckFilter': {}", true)]
    [InlineData("'runtimeFilter': {'runtimeKey': 'k', 'percentSampled': {'numerator': 100}}", true)]
    [InlineData("'runtimeFilter': {'runtimeKey': 'k'}", false)]
    [InlineData("'headerFilter': {'header': {'name': ':method', 'stringMatch': {'exact': 'GET'}}}", true)]
    [InlineData("'headerFilter': {'header': {'name': 'user-agent', 'stringMatch': {'prefix': 'wget'}}}", false)]
    [InlineData("'grpcStatusFilter': {'statuses': ['UNKNOWN']}", true)] // what HTTP 200 stands for without a gRPC status
    [InlineData("'grpcStatusFilter': {'statuses': ['UNKNOWN'], 'exclude': true}", false)]
    [InlineData("'metadataFilter': {'matcher': {'filter': 'x', 'path': [{'key': 'y'}], 'value': {'presentMatch': true}}}", true)]
    [InlineData("'metadataFilter': {'matcher': {'filter': 'x', 'path': [{'key': 'y'}], 'value': {'presentMatch': true}}, 'matchIfKeyNotFound': false}", false)]
    [InlineData("'logTypeFilter': {'types': ['DownstreamEnd']}", true)]
    [InlineData("'logTypeFilter': {'types': ['DownstreamEnd'], 'exclude': true}", false)]
    [InlineData("'logTypeFilter': {'types': ['DownstreamStart']}", false)]
    [InlineData("'responseFlagFilter': {'flags': ['DF', 'NR']}", false)]
    [InlineData("'andFilter': {'filters': [{'notHealthCheckFilter': {}}, {'statusCodeFilter': {'comparison': {'op': 'EQ', 'value': {'defaultValue': 404}}}}]}", false)]
    [InlineData("'orFilter': {'filters': [{'notHealthCheckFilter': {}}, {'statusCodeFilter': {'comparison': {'op': 'EQ', 'value': {'defaultValue': 404}}}}]}", true)]
    public void A_request_is_taken_as_in_Envoy(string filter, bool isTaken) => Assert.Equal(isTaken, Compile(filter).Takes(SampleExchange.Create()));

    [Fact]
    public void A_health_check_is_known_as_one()
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.IsHealthCheck = true;

        Assert.False(Compile("'notHealthCheckFilter': {}").Takes(exchange));
    }

    [Fact]
    public void A_grpc_status_is_that_of_the_answer()
    {
        HttpExchange exchange = SampleExchange.Create();
        SampleExchange.ResponseHeader(exchange, "grpc-status", "14");

        Assert.True(Compile("'grpcStatusFilter': {'statuses': ['UNAVAILABLE', 'INTERNAL']}").Takes(exchange));
        Assert.False(Compile("'grpcStatusFilter': {'statuses': ['OK']}").Takes(exchange));
    }

    [Theory]
    [InlineData("'traceableFilter': {}", "TraceableFilter is not supported")]
    [InlineData("'extensionFilter': {'name': 'cel'}", "ExtensionFilter is not supported")]
    [InlineData("'orFilter': {'filters': [{'notHealthCheckFilter': {}}]}", "or_filter: filters: two at least are needed")]
    [InlineData("'andFilter': {'filters': [{'notHealthCheckFilter': {}}, {}]}", "and_filter: filters[1]: a filter is empty")]
    [InlineData("'headerFilter': {'header': {'name': 'x', 'stringMatch': {'safeRegex': {'regex': '('}}}}", "header_filter.header.string_match.safe_regex")]
    [InlineData("'statusCodeFilter': {'comparison': {'op': 'EQ'}}", "comparison: has no value")]
    public void What_cannot_be_compiled_is_named(string filter, string reason)
    {
        Assert.Null(LogFilterCompiler.Compile(XdsJson.Parse<AccessLogFilter>("{" + filter + "}"), out string error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    private static LogFilter Compile(string filter)
    {
        LogFilter? compiled = LogFilterCompiler.Compile(XdsJson.Parse<AccessLogFilter>("{" + filter + "}"), out string error);
        Assert.Empty(error);
        return compiled!;
    }
}
