using System.Net;
using System.Text;

namespace Tidegate.Proxy.Tests.Filters.ExternalAuthorization;

/// <summary>Asking an authorizer over HTTP (security-envoy.md 7); what cannot be asked is closed unless it is wanted open.</summary>
public sealed class ExtAuthzFilterTests
{
    private const string Type = "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_told_the_request_and_says_what_the_backend_gets()
    {
        await using FilterGateway gateway = await StartAsync(
            """
            "allowedHeaders": {"patterns": [{"exact": "X-Seen", "ignoreCase": true}]}
            """,
            """
            , "authorizationRequest": {"headersToAdd": [{"key": "x-added", "value": "%REQ(:method)%"}]}, "authorizationResponse": {
              "allowedUpstreamHeaders": {"patterns": [{"prefix": "x-auth-"}]}, "allowedClientHeadersOnSuccess": {"patterns": [{"exact": "x-ok"}]}}
            """);
        Answers(gateway, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-auth-user: u\r\nx-auth-user: v\r\nx-ok: 1\r\nx-other: 2\r\n\r\n");

        HttpResponseMessage response = await gateway.GetAsync("/a?b=c", ("x-seen", "1"), ("x-hidden", "2"), ("authorization", "me"), ("x-auth-user", "forged"));

        Assert.Equal((HttpStatusCode.OK, "1"), (response.StatusCode, response.Headers.GetValues("x-ok").Single()));
        string asked = gateway.Seen.First();
        Assert.StartsWith("GET /check/a?b=c HTTP/1.1\r\n", asked, StringComparison.Ordinal);
        Assert.Contains("\r\ncontent-length: 0\r\n", asked, StringComparison.Ordinal);
        Assert.Contains("\r\nx-seen: 1\r\n", asked, StringComparison.Ordinal);
        Assert.Contains("\r\nauthorization: me\r\n", asked, StringComparison.Ordinal);
        Assert.Contains("\r\nx-added: GET\r\n", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("x-hidden", asked, StringComparison.Ordinal);
        string forwarded = gateway.Seen.Last();
        Assert.Contains("\r\nx-auth-user: v\r\n", forwarded, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", forwarded, StringComparison.Ordinal);
        Assert.DoesNotContain("x-other", forwarded, StringComparison.Ordinal);
        Assert.Equal(1, gateway.Stat("http.in.ext_authz.ok"));
    }

    [Fact]
    public async Task A_denial_is_the_authorizers_answer()
    {
        await using FilterGateway gateway = await StartAsync("");
        Answers(gateway, "HTTP/1.1 302 Found\r\nlocation: https://login/\r\nset-cookie: a=1\r\ncontent-length: 2\r\n\r\nno");

        HttpResponseMessage response = await gateway.GetAsync();

        Assert.Equal((HttpStatusCode.Found, "no"), (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)));
        Assert.Equal("a=1", response.Headers.GetValues("set-cookie").Single());
        Assert.Equal("https://login/", response.Headers.Location!.ToString());
        Assert.Equal(1, gateway.Stat("http.in.ext_authz.denied"));
        Assert.Single(gateway.Seen);
    }

    [Theory]
    [InlineData("", "", 403)]
    [InlineData("", "\"statusOnError\": {\"code\": 504}", 504)]
    [InlineData("", "\"failureModeAllow\": true", 200)]
    [InlineData("HTTP/1.1 503 Oops\r\ncontent-length: 0\r\n\r\n", "", 403)]
    [InlineData("nonsense\r\n\r\n", "", 403)]
    public async Task An_answer_that_is_none_is_no(string answer, string config, int expected)
    {
        await using FilterGateway gateway = await StartAsync(config);
        Answers(gateway, answer);

        HttpResponseMessage response = await gateway.GetAsync();

        Assert.Equal(expected, (int)response.StatusCode);
        Assert.Equal(1, gateway.Stat("http.in.ext_authz.error"));
    }

    [Fact]
    public async Task A_body_is_told_whole_or_the_request_is_refused()
    {
        await using FilterGateway gateway = await StartAsync("\"withRequestBody\": {\"maxRequestBytes\": 5}");
        Answers(gateway, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");

        HttpResponseMessage whole = await gateway.Client.PostAsync("/", new StringContent("12345"), Cancellation);
        HttpResponseMessage longer = await gateway.Client.PostAsync("/", new StringContent("123456"), Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.RequestEntityTooLarge), (whole.StatusCode, longer.StatusCode));
        Assert.All(gateway.Seen, static seen => Assert.EndsWith("\r\n\r\n12345", seen, StringComparison.Ordinal));
        Assert.Contains("x-envoy-auth-partial-body: false", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.Equal(2, gateway.Seen.Count);
    }

    [Fact]
    public async Task An_authorizer_that_does_not_exist_lets_nobody_in()
    {
        await using FilterGateway gateway = await StartAsync("", cluster: "nowhere");

        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync()).StatusCode);
        Assert.Empty(gateway.Seen);
    }

    private static void Answers(FilterGateway gateway, string answer) => gateway.Answer = head =>
        Encoding.ASCII.GetBytes(head.Contains(" /check", StringComparison.Ordinal) ? answer : "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");

    private static Task<FilterGateway> StartAsync(string config, string service = "", string cluster = "service") => FilterGateway.StartAsync(
        $$$"""
        {"name": "ext", "typedConfig": {"@type": "{{{Type}}}.ExtAuthz", {{{config}}}{{{(config.Length > 0 ? "," : "")}}} "httpService": {
          "pathPrefix": "/check", "serverUri": {"uri": "http://authz", "cluster": "{{{cluster}}}", "timeout": "2s"} {{{service}}} } } }
        """);
}
