using System.Net;
using System.Text;
using Tidegate.Proxy.Tests.Filters;

namespace Tidegate.Proxy.Tests.Exchanges;

/// <summary>Redirects that the gateway follows for the client: Envoy's <c>internal_redirect_policy</c>.</summary>
public sealed class InternalRedirectTests
{
    [Fact]
    public async Task A_redirect_is_followed_with_the_body_and_the_client_gets_the_last_answer()
    {
        await using FilterGateway gateway = await StartAsync("\"maxInternalRedirects\": 2, \"redirectResponseCodes\": [302, 307]");
        gateway.Answer = head => head.Contains(" /begin", StringComparison.Ordinal) ? Redirect(307, "http://other.test/middle?x=1#part")
            : head.Contains(" /middle", StringComparison.Ordinal) ? Redirect(302, "http://other.test")
            : Ok("end");

        HttpResponseMessage response = await gateway.Client.PostAsync(
            new Uri("/begin", UriKind.Relative), new StringContent("payload", Encoding.ASCII), TestContext.Current.CancellationToken);

        Assert.Equal("end", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        string[] seen = [.. gateway.Seen];
        Assert.Equal(["POST /begin HTTP/1.1", "POST /middle?x=1 HTTP/1.1", "POST / HTTP/1.1"], seen.Select(static text => text.Split("\r\n")[0]));
        Assert.All(seen, static text => Assert.EndsWith("\r\n\r\npayload", text, StringComparison.Ordinal));
        Assert.Contains("\r\nhost: other.test\r\n", seen[2], StringComparison.Ordinal);
        Assert.Contains("\r\nx-envoy-original-url: http://other.test/middle?x=1\r\n", seen[2], StringComparison.Ordinal);
        Assert.Equal(2, gateway.Stat("cluster.service.upstream_internal_redirect_succeeded_total"));
    }

    [Fact]
    public async Task What_is_seen_elsewhere_is_got_without_the_body()
    {
        await using FilterGateway gateway = await StartAsync("\"redirectResponseCodes\": [303]");
        gateway.Answer = head => head.StartsWith("POST", StringComparison.Ordinal) ? Redirect(303, "http://other.test/made") : Ok("made");

        await gateway.Client.PostAsync(new Uri("/make", UriKind.Relative), new StringContent("payload"), TestContext.Current.CancellationToken);

        Assert.StartsWith("GET /made HTTP/1.1", gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.DoesNotContain("content-length", gateway.Seen.Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 307, "http://a.test/x", "not among the statuses")]
    [InlineData("", 302, "/relative", "bad_location")]
    [InlineData("", 302, "ftp://a.test/x", "bad_location")]
    [InlineData("", 302, "http://a b/x", "bad_location")]
    [InlineData("", 302, "https://a.test/x", "unsafe_scheme")]
    [InlineData("\"allowCrossSchemeRedirect\": true, \"predicates\": [{\"name\": \"s\", \"typedConfig\": {\"@type\": \"type.googleapis.com/envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig\"}}]",
        302, "https://a.test/x", "predicate")]
    [InlineData("\"predicates\": [{\"name\": \"a\", \"typedConfig\": {\"@type\": \"type.googleapis.com/envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig\", \"allowedRouteNames\": [\"other\"]}}]",
        302, "http://a.test/x", "predicate")]
    public async Task What_is_not_to_be_followed_is_the_clients(string policy, int status, string location, string reason)
    {
        await using FilterGateway gateway = await StartAsync(policy);
        gateway.Answer = _ => Redirect(status, location);

        HttpResponseMessage response = await gateway.GetAsync("/");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(location, response.Headers.GetValues("location").Single());
        Assert.Single(gateway.Seen);
        Assert.Equal(reason.Contains(' ', StringComparison.Ordinal) ? 0 : 1, gateway.Stat($"http.in.passthrough_internal_redirect_{reason}"));
        Assert.Equal(reason.Contains(' ', StringComparison.Ordinal) ? 0 : 1, gateway.Stat("cluster.service.upstream_internal_redirect_failed_total"));
    }

    [Fact]
    public async Task No_more_redirects_are_followed_than_the_route_allows()
    {
        await using FilterGateway gateway = await StartAsync(string.Empty);
        gateway.Answer = static _ => Redirect(302, "http://a.test/again");

        Assert.Equal(HttpStatusCode.Found, (await gateway.GetAsync("/")).StatusCode);

        Assert.Equal(2, gateway.Seen.Count);
        Assert.Equal(1, gateway.Stat("http.in.passthrough_internal_redirect_too_many_redirects"));
    }

    [Fact]
    public async Task A_route_is_returned_to_only_once_where_that_is_asked_for()
    {
        await using FilterGateway gateway = await StartAsync(
            "\"maxInternalRedirects\": 9, \"predicates\": [{\"name\": \"p\", \"typedConfig\": {\"@type\": \"type.googleapis.com/envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig\"}}]");
        gateway.Answer = static _ => Redirect(302, "http://a.test/again");

        Assert.Equal(HttpStatusCode.Found, (await gateway.GetAsync("/")).StatusCode);

        Assert.Equal(2, gateway.Seen.Count);
    }

    [Fact]
    public async Task Fields_of_the_redirect_go_with_the_next_request()
    {
        await using FilterGateway gateway = await StartAsync("\"responseHeadersToCopy\": [\"x-token\", \"x-absent\"]");
        gateway.Answer = static head => head.Contains(" /a", StringComparison.Ordinal) ? Redirect(302, "http://a.test/b", "x-token: fresh\r\n") : Ok("ok");

        await gateway.GetAsync("/a", ("x-token", "stale"), ("x-absent", "gone"));

        Assert.Contains("\r\nx-token: fresh\r\n", gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.DoesNotContain("stale", gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.DoesNotContain("x-absent", gateway.Seen.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_out_of_the_path_is_normalized_as_a_clients_request_is()
    {
        await using FilterGateway gateway = await StartAsync(string.Empty, ", \"normalizePath\": true");
        gateway.Answer = static head => head.Contains(" /a ", StringComparison.Ordinal) ? Redirect(302, "http://a.test/x/../admin") : Ok("ok");

        await gateway.GetAsync("/a");

        Assert.StartsWith("GET /admin HTTP/1.1", gateway.Seen.Last(), StringComparison.Ordinal);
    }

    private static Task<FilterGateway> StartAsync(string policy, string manager = "") => FilterGateway.StartAsync(
        string.Empty,
        $$$$$$$$"""{"name": "only", "match": {"prefix": "/"}, "route": {"cluster": "service", "internalRedirectPolicy": { {{{{{{{{policy}}}}}}}} }}}""",
        manager: manager);

    private static byte[] Redirect(int status, string location, string more = "") =>
        Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Moved\r\nlocation: {location}\r\n{more}content-length: 4\r\n\r\nmove");

    private static byte[] Ok(string body) => Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {body.Length}\r\n\r\n{body}");
}
