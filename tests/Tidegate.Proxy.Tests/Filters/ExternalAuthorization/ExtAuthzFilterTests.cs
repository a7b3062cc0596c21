using System.Net;
using System.Net.Sockets;
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
        Assert.Equal(expected == 200 ? 1 : 0, gateway.Stat("http.in.ext_authz.failure_mode_allowed"));
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

    [Theory]
    [InlineData("12345", "12345", "false")]
    [InlineData("1234567890", "12345", "true")]
    public async Task The_beginning_of_a_longer_body_may_be_enough(string body, string told, string isPart)
    {
        await using FilterGateway gateway = await StartAsync("\"withRequestBody\": {\"maxRequestBytes\": 5, \"allowPartialMessage\": true}");
        Answers(gateway, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");

        HttpResponseMessage response = await gateway.Client.PostAsync("/", new StringContent(body), Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.EndsWith($"\r\n\r\n{told}", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.Contains($"x-envoy-auth-partial-body: {isPart}\r\n", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.EndsWith($"\r\n\r\n{body}", gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.DoesNotContain("partial-body", gateway.Seen.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_behind_the_beginning_of_a_body_goes_on_as_it_comes()
    {
        await using FilterGateway gateway = await StartAsync("\"withRequestBody\": {\"maxRequestBytes\": 5, \"allowPartialMessage\": true}");
        Answers(gateway, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Address, 8080, Cancellation);
        await client.GetStream().WriteAsync("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 200005\r\nconnection: close\r\n\r\n12345"u8.ToArray(), Cancellation);
        await gateway.EventuallyAsync(() => gateway.Seen.Count == 1); // it is asked before there is more

        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(new string('x', 200_000)), Cancellation);

        Assert.StartsWith("HTTP/1.1 200 ", await new StreamReader(client.GetStream()).ReadToEndAsync(Cancellation), StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n12345" + new string('x', 200_000), gateway.Seen.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filter_behind_it_may_read_more_of_the_body_or_have_read_all_before()
    {
        const string Buffer = """, {"name": "buffer", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer", "maxRequestBytes": 8}}""";
        await using FilterGateway behind = await StartAsync("\"withRequestBody\": {\"maxRequestBytes\": 5, \"allowPartialMessage\": true}", behind: Buffer);
        await using FilterGateway before = await StartAsync("\"withRequestBody\": {\"maxRequestBytes\": 5, \"allowPartialMessage\": true}", before: Buffer[2..] + ",");
        foreach (FilterGateway gateway in new[] { behind, before })
        {
            Answers(gateway, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");

            HttpResponseMessage longer = await gateway.Client.PostAsync("/", new StringContent("1234567"), Cancellation);
            HttpResponseMessage tooLong = await gateway.Client.PostAsync("/", new StringContent("123456789"), Cancellation);

            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.RequestEntityTooLarge), (longer.StatusCode, tooLong.StatusCode));
            Assert.EndsWith("\r\n\r\n12345", gateway.Seen.First(), StringComparison.Ordinal);
            Assert.EndsWith("\r\n\r\n1234567", gateway.Seen.ElementAt(1), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_body_in_chunks_stays_in_chunks()
    {
        await using FilterGateway gateway = await StartAsync("\"withRequestBody\": {\"maxRequestBytes\": 50}");
        Answers(gateway, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("12345") };
        request.Headers.TransferEncodingChunked = true;

        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(request, Cancellation)).StatusCode);

        Assert.Contains("\r\ncontent-length: 5\r\n", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.Contains("\r\ntransfer-encoding: chunked\r\n", gateway.Seen.ElementAt(1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_answers_is_timed_as_any_answer_and_noted_where_that_is_wanted()
    {
        await using FilterGateway gateway = await StartAsync("", """
            , "authorizationResponse": {"allowedUpstreamHeaders": {"patterns": [{"exact": "x-envoy-upstream-service-time"}]}, "dynamicMetadataFromHeaders": {"patterns": [{"exact": "x-noted"}]}}
            """, behind: """
            , {"name": "rbac", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC", "rules": {"action": "ALLOW", "policies": {"noted": {"permissions": [{"any": true}],
              "principals": [{"metadata": {"filter": "envoy.filters.http.ext_authz", "path": [{"key": "x-noted"}], "value": {"stringMatch": {"exact": "yes"}}}}]}}}}}
            """);
        string noted = "yes";
        gateway.Answer = head => Encoding.ASCII.GetBytes(head.StartsWith("GET /check/no", StringComparison.Ordinal) ? "HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n" : $"HTTP/1.1 200 OK\r\nx-noted: {noted}\r\ncontent-length: 0\r\n\r\n");

        HttpResponseMessage letIn = await gateway.GetAsync("/");
        HttpResponseMessage denied = await gateway.GetAsync("/no");
        noted = "no";
        HttpResponseMessage refused = await gateway.GetAsync("/");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden), (letIn.StatusCode, denied.StatusCode, refused.StatusCode));
        Assert.Contains("\r\nx-envoy-upstream-service-time: ", gateway.Seen.ElementAt(1), StringComparison.Ordinal);
        Assert.True(denied.Headers.Contains("x-envoy-upstream-service-time"));
    }

    [Theory]
    [InlineData("\"filterEnabled\": {\"defaultValue\": {\"numerator\": 0}}", 200)]
    [InlineData("\"filterEnabled\": {\"defaultValue\": {\"numerator\": 0}}, \"denyAtDisable\": {\"runtimeKey\": \"k\", \"defaultValue\": true}", 403)]
    [InlineData("\"filterEnabledMetadata\": {\"filter\": \"f\", \"path\": [{\"key\": \"k\"}], \"value\": {\"presentMatch\": true}}", 200)]
    [InlineData("\"filterEnabled\": {\"defaultValue\": {\"numerator\": 100}}", 418)]
    public async Task It_may_be_asked_about_some_requests_only(string config, int expected)
    {
        await using FilterGateway gateway = await StartAsync(config);
        Answers(gateway, "HTTP/1.1 418 No\r\ncontent-length: 0\r\n\r\n");

        Assert.Equal(expected, (int)(await gateway.GetAsync()).StatusCode);
        Assert.Equal(expected == 418 ? 0 : 1, gateway.Stat("http.in.ext_authz.disabled"));
    }

    [Theory]
    [InlineData("{}", 200, "x-user: u")]
    [InlineData("{\"disallowAll\": true}", 200, "x-user: forged")]
    [InlineData("{\"disallowAll\": true, \"disallowIsError\": true}", 500, "")]
    [InlineData("{\"disallowAll\": true, \"allowExpression\": {\"regex\": \"x-us.*\"}}", 200, "x-user: u")]
    [InlineData("{\"disallowExpression\": {\"regex\": \"x-us.*\"}, \"allowExpression\": {\"regex\": \"x-us.*\"}}", 200, "x-user: forged")]
    public async Task Rules_say_what_it_may_change(string rules, int expected, string seen)
    {
        await using FilterGateway gateway = await StartAsync(
            $"\"decoderHeaderMutationRules\": {rules}", """, "authorizationResponse": {"allowedUpstreamHeaders": {"patterns": [{"exact": "x-user"}]}}""");
        Answers(gateway, "HTTP/1.1 200 OK\r\nx-user: u\r\ncontent-length: 0\r\n\r\n");

        Assert.Equal(expected, (int)(await gateway.GetAsync("/", ("x-user", "forged"))).StatusCode);
        Assert.Contains(seen, gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.Equal(expected == 500 ? 1 : 0, gateway.Stat("http.in.ext_authz.invalid"));
        Assert.Equal(expected == 500 ? 1 : 2, gateway.Seen.Count);
    }

    [Fact]
    public async Task What_it_is_not_to_see_it_does_not_see()
    {
        await using FilterGateway gateway = await StartAsync("\"allowedHeaders\": {\"patterns\": [{\"prefix\": \"x-\"}]}, \"disallowedHeaders\": {\"patterns\": [{\"exact\": \"x-b\"}, {\"exact\": \"authorization\"}]}");
        Answers(gateway, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");

        await gateway.GetAsync("/", ("x-a", "1"), ("x-b", "2"), ("authorization", "secret"));

        Assert.Contains("x-a: 1", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.DoesNotContain("x-b", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", gateway.Seen.First(), StringComparison.Ordinal);
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

    private static Task<FilterGateway> StartAsync(string config, string service = "", string cluster = "service", string before = "", string behind = "") => FilterGateway.StartAsync(
        before + $$$"""
        {"name": "ext", "typedConfig": {"@type": "{{{Type}}}.ExtAuthz", {{{config}}}{{{(config.Length > 0 ? "," : "")}}} "httpService": {
          "pathPrefix": "/check", "serverUri": {"uri": "http://authz", "cluster": "{{{cluster}}}", "timeout": "2s"} {{{service}}} } } }
        """ + behind);
}
