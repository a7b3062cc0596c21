using System.Net;

namespace Tidegate.Proxy.Tests.Filters.Credentials;

/// <summary>Keys of clients (Envoy: <c>envoy.filters.http.api_key_auth</c>) with real requests.</summary>
public sealed class ApiKeyTests
{
    private const string Api = "type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3";

    private const string Filter = $$$$"""
        {"name": "keys", "typedConfig": {"@type": "{{{{Api}}}}.ApiKeyAuth",
          "credentials": [{"key": "first-key", "client": "alice"}, {"key": "second key", "client": "bob"}],
          "keySources": [{"header": "X-Api-Key"}, {"header": "authorization"}, {"query": "key"}, {"cookie": "key"}],
          "forwarding": {"header": "X-Client", "hideCredentials": true}}}
        """;

    [Theory]
    [InlineData("/", "x-api-key", "first-key", "alice")]
    [InlineData("/", "authorization", "Bearer first-key", "alice")]
    [InlineData("/?a=1&key=second%20key&b=2", "x-a", "1", "bob")]
    [InlineData("/?k%65y=first-key", "x-a", "1", "alice")]
    [InlineData("/", "cookie", "a=1; key=first-key; b=2", "alice")]
    // The first place that has a key counts.
    [InlineData("/?key=wrong", "x-api-key", "first-key", "alice")]
    public async Task A_client_is_let_in_by_its_key_which_goes_no_further(string path, string field, string value, string client)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Filter);

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(path, (field, value), ("x-client", "forged"))).StatusCode);

        string seen = gateway.Seen.Single();
        Assert.Contains($"\r\nx-client: {client}\r\n", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("-key", seen.Replace("x-api-key", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("second", seen, StringComparison.Ordinal);
        Assert.Equal(path.Contains("a=1&", StringComparison.Ordinal), seen.StartsWith("GET /?a=1&b=2 ", StringComparison.Ordinal));
        Assert.Equal(field == "cookie", seen.Contains("\r\ncookie: a=1; b=2\r\n", StringComparison.Ordinal));
        Assert.Equal(1, gateway.Stat("http.in.api_key_auth.allowed"));
    }

    [Theory]
    [InlineData("x-none", "1")]
    [InlineData("x-api-key", "first-ke")]
    [InlineData("x-api-key", "first-key2")]
    [InlineData("x-api-key", "alice")]
    [InlineData("authorization", "Basic first-key")]
    public async Task Nobody_else_is_let_in(string field, string value)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Filter);

        HttpResponseMessage response = await gateway.GetAsync("/", (field, value));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Client authentication failed.", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(gateway.Seen);
        Assert.Equal(1, gateway.Stat("http.in.api_key_auth.unauthorized"));
    }

    [Fact]
    public async Task A_route_has_clients_and_places_of_its_own_or_lets_in_some_of_the_listeners()
    {
        string Route(string prefix, string settings) => $$$$"""
            {"match": {"prefix": "{{{{prefix}}}}"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"keys": {"@type": "{{{{Api}}}}.ApiKeyAuthPerRoute", {{{{settings}}}} }}}
            """;
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            Filter,
            Route("/own", "\"credentials\": [{\"key\": \"own-key\", \"client\": \"carol\"}]") + "," + Route("/some", "\"allowedClients\": [\"bob\"]") + ","
                + Route("/place", "\"keySources\": [{\"header\": \"x-other\"}]"));

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/own", ("x-api-key", "own-key"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync("/own", ("x-api-key", "first-key"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/some", ("x-api-key", "second key"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync("/some", ("x-api-key", "first-key"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/place", ("x-other", "first-key"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync("/place", ("x-api-key", "first-key"))).StatusCode);
        Assert.Equal(1, gateway.Stat("http.in.api_key_auth.forbidden"));
    }
}
