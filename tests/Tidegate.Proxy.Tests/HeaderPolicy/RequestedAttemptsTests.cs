using Tidegate.Http.Headers;
using Tidegate.Proxy.HeaderPolicy;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Tests.Routing;
using Tidegate.Proxy.Tests.Runtime;

namespace Tidegate.Proxy.Tests.HeaderPolicy;

public sealed class RequestedAttemptsTests
{
    private readonly HeaderMap _headers = new();

    [Fact]
    public void Without_fields_the_policy_is_the_routes_own()
    {
        var policy = new RuntimeRetryPolicy { Conditions = RetryConditions.Reset };

        Assert.Same(policy, RequestedAttempts.PolicyOf(_headers, policy));
        Assert.Null(RequestedAttempts.PolicyOf(_headers, null));
    }

    [Fact]
    public void Fields_add_to_the_policy_and_are_gone()
    {
        Set("x-envoy-retry-on", "5xx, connect-failure,nonsense");
        Set("x-envoy-retry-grpc-on", "unavailable");
        Set("x-envoy-max-retries", "7");
        Set("x-envoy-retriable-status-codes", "418,x, 419");
        Set("x-envoy-retriable-header-names", "x-a, x-b");
        Set("x-other", "stays");

        RuntimeRetryPolicy policy = RequestedAttempts.PolicyOf(
            _headers, new RuntimeRetryPolicy { Conditions = RetryConditions.Reset, NumRetries = 2, RetriableStatusCodes = [503] })!;

        Assert.Equal(RetryConditions.Reset | RetryConditions.Any5xx | RetryConditions.ConnectFailure | RetryConditions.GrpcUnavailable, policy.Conditions);
        Assert.Equal(7u, policy.NumRetries);
        Assert.Equal([503, 418, 419], policy.RetriableStatusCodes.Where(static code => code > 0));
        Assert.Equal(2, policy.RetriableHeaders.Count);
        Assert.Equal(1, _headers.Count);
    }

    [Fact]
    public void A_number_alone_asks_for_nothing()
    {
        Set("x-envoy-max-retries", "7");

        Assert.Null(RequestedAttempts.PolicyOf(_headers, null));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("99999999999")]
    [InlineData("7x")]
    [InlineData("")]
    public void A_number_that_is_none_changes_nothing(string value)
    {
        Set("x-envoy-max-retries", value);

        Assert.Equal(3u, RequestedAttempts.PolicyOf(_headers, new RuntimeRetryPolicy { Conditions = RetryConditions.Reset, NumRetries = 3 })!.NumRetries);
    }

    [Theory]
    [InlineData(false, null, false)]
    [InlineData(true, null, true)]
    [InlineData(false, "true", true)]
    [InlineData(true, "false", false)]
    [InlineData(true, "nonsense", true)]
    public void A_field_says_whether_a_request_is_hedged(bool isRoutes, string? field, bool expected)
    {
        var exchange = new HttpExchange();
        if (field is not null)
        {
            exchange.Request.Headers.Set("x-envoy-hedge-on-per-try-timeout"u8, System.Text.Encoding.ASCII.GetBytes(field));
        }

        RequestedAttempts.ReadTimeouts(exchange, XdsJson.Routes($$$"""
            {'name': 'r', 'virtualHosts': [{'name': 'v', 'domains': ['*'], 'routes': [
              {'match': {'prefix': '/'}, 'route': {'cluster': 'c', 'hedgePolicy': {'hedgeOnPerTryTimeout': {{{(isRoutes ? "true" : "false")}}}} } }]}]}
            """).Match(TestRequest.Get("a.com", "/").ToRoute())!);

        Assert.Equal(expected, exchange.HedgesOnPerTryTimeout);
        Assert.Equal(0, exchange.Request.Headers.Count);
    }

    private void Set(string name, string value) =>
        _headers.Set(System.Text.Encoding.ASCII.GetBytes(name), System.Text.Encoding.ASCII.GetBytes(value));
}
