using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Exchanges;

/// <summary>Answers and requests upstream that were measured beside a stock Envoy and have to be the same (istio-gateway.md, 4 and 8).</summary>
public sealed class EnvoyAgreementTests(EnvoyAgreementTests.Hosts hosts) : IClassFixture<EnvoyAgreementTests.Hosts>
{
    [Theory]
    [InlineData("/exact#f")]
    [InlineData("/a#")]
    [InlineData("/?x#y")]
    public async Task A_fragment_in_the_target_is_refused_and_nothing_is_forwarded(string target)
    {
        WireResponse response = await hosts.GetAsync("fragment", target);

        Assert.Equal((400, ""), (response.Status, response.Body));
        Assert.Contains($"\"GET {target} HTTP/1.1\" 400 - path_normalization_failed ", await hosts.Gateway.LogsAsync($"GET {target} "));
        Assert.Empty(hosts.Backend("fragment").Requests);
    }

    [Fact]
    public async Task A_rewritten_host_is_told_to_the_backend()
    {
        await hosts.GetAsync("rewritten", "/", "x-envoy-original-host: forged.test\r\n");

        BackendRequest request = hosts.Backend("rewritten").SingleRequest;
        Assert.Equal(("other.test", "rewritten.test"), (request.Headers["host"], request.Headers["x-envoy-original-host"]));
    }

    [Fact]
    public async Task A_fault_with_a_gRPC_status_is_a_200_for_others()
    {
        WireResponse response = await hosts.GetAsync("fault");

        Assert.Equal((200, "fault filter abort"), (response.Status, response.Body));
    }

    [Theory]
    [InlineData("created", true)]
    [InlineData("see-other", true)]
    [InlineData("not-modified", false)]
    public async Task A_direct_answer_about_a_location_names_the_requests_own(string name, bool isNamed)
    {
        WireResponse response = await hosts.GetAsync(name, "/there?x=1");

        Assert.Equal(isNamed, response.Headers.Has("location"));
        if (isNamed)
        {
            Assert.Equal($"http://{name}.test/there?x=1", response.Headers["location"]);
        }
    }

    [Theory]
    [InlineData("denied", "7", "no%0Away")]
    [InlineData("redirected", "2", null)]
    public async Task A_gRPC_client_gets_the_routes_own_answers_as_gRPC(string name, string status, string? message)
    {
        WireResponse response = await hosts.GetAsync(name, "/", "content-type: application/grpc\r\n");

        Assert.Equal((200, status, ""), (response.Status, response.Headers["grpc-status"], response.Body));
        Assert.Equal(message is not null, response.Headers.Has("grpc-message"));
        if (message is not null)
        {
            Assert.Equal(message, response.Headers["grpc-message"]);
        }
    }

    [Theory]
    [InlineData("nothing", 204)]
    [InlineData("reset", 205)]
    [InlineData("same", 304)]
    [InlineData("aborted", 204)]
    public async Task An_answer_that_has_no_content_is_followed_by_the_next_one(string name, int status)
    {
        using RawClient client = await hosts.Gateway.ConnectAsync();

        WireResponse first = await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {name}.test\r\n\r\n");
        WireResponse next = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: created.test\r\n\r\n");

        Assert.Equal((status, "", 201), (first.Status, first.Body, next.Status));
    }

    [Fact]
    public async Task A_redirect_of_a_gRPC_request_keeps_its_location()
    {
        WireResponse response = await hosts.GetAsync("redirected", "/x", "content-type: application/grpc\r\n");

        Assert.Equal("http://elsewhere.test/x", response.Headers["location"]);
    }

    [Fact]
    public async Task A_route_without_retries_has_none_on_a_connection_that_was_idle_either()
    {
        ScriptedBackend backend = hosts.Backend("once");
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(ScriptedBackend.Ok);
            await connection.ReadRequestAsync();
        };

        Assert.Equal(200, (await hosts.GetAsync("once")).Status);
        Assert.Equal(503, (await hosts.GetAsync("once", "/again")).Status);
        Assert.Single(backend.Connections);
    }

    [Fact]
    public async Task A_body_that_was_sent_for_nothing_leaves_the_connection_open()
    {
        hosts.Backend("refusing").StopListening();
        using RawClient client = await hosts.Gateway.ConnectAsync();

        WireResponse response = await client.ExchangeAsync("POST /refused-post HTTP/1.1\r\nHost: refusing.test\r\ncontent-length: 5\r\n\r\nhello");
        WireResponse next = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: created.test\r\n\r\n");

        Assert.Equal((503, 201), (response.Status, next.Status));
        Assert.Contains(" \"delayed_connect_error:_Connection_refused\" 5 ", await hosts.Gateway.LogsAsync("/refused-post"));
    }

    [Fact]
    public async Task An_old_version_is_told_what_to_do()
    {
        WireResponse response = await hosts.Gateway.ExchangeAsync("GET / HTTP/1.0\r\nHost: created.test\r\n\r\n");

        Assert.Equal((426, "Upgrade Required", "text/plain"), (response.Status, response.Body, response.Headers["content-type"]));
    }

    [Fact]
    public async Task The_gateway_itself_has_no_options()
    {
        WireResponse response = await hosts.Gateway.ExchangeAsync("OPTIONS * HTTP/1.1\r\nHost: created.test\r\n\r\n");

        Assert.Equal(404, response.Status);
        Assert.Contains("\"OPTIONS * HTTP/1.1\" 404 - absolute_path_rejected ", await hosts.Gateway.LogsAsync("OPTIONS *"));
    }

    [Theory]
    [InlineData("created.test:443")]
    [InlineData("nobody.test:443")]
    public async Task A_tunnel_that_no_route_allows_is_not_found_and_what_follows_is_no_request(string target)
    {
        using RawClient client = await hosts.Gateway.ConnectAsync();
        WireResponse response = await client.ExchangeAsync($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: created.test\r\n\r\n");

        Assert.Equal((404, ""), (response.Status, response.Body));
        await client.AssertClosedAsync();
        Assert.Contains("\"CONNECT - HTTP/1.1\" 404 NR route_not_found ", await hosts.Gateway.LogsAsync($"\"{target}\""));
        Assert.DoesNotContain("/smuggled", hosts.Gateway.Output);
    }

    [Theory]
    [InlineData("empty", "503 UH no_healthy_upstream ", 1)]
    [InlineData("created", "201 - direct_response ", 0)]
    public async Task An_attempt_that_finds_no_endpoint_counts_as_one(string name, string outcome, int attempts)
    {
        await hosts.GetAsync(name, $"/attempts-{name}");

        string line = await hosts.Gateway.LogsAsync($"/attempts-{name} ");
        Assert.Contains(outcome, line);
        Assert.EndsWith($" attempts={attempts}", line);
    }

    [Fact]
    public async Task A_target_of_https_is_refused_on_a_connection_without_TLS()
    {
        using RawClient client = await hosts.Gateway.ConnectAsync();
        WireResponse response = await client.ExchangeAsync("GET https://created.test/secure HTTP/1.1\r\nHost: created.test\r\n\r\n");

        Assert.Equal((403, "Forbidden"), (response.Status, response.Body));
        await client.AssertClosedAsync();
    }

    [Fact]
    public async Task A_backend_that_ends_in_the_middle_of_a_body_breaks_the_protocol()
    {
        hosts.Backend("short").Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        };
        using RawClient client = await hosts.Gateway.ConnectAsync();
        await client.SendAsync("GET /short-body HTTP/1.1\r\nHost: short.test\r\n\r\n");
        await client.ReadResponseAsync(toHead: true);

        Assert.Contains(" 200 UPE upstream_reset_after_response_started{protocol_error} ", await hosts.Gateway.LogsAsync("/short-body"));
    }

    [Fact]
    public async Task A_list_in_two_lines_is_one_line_for_the_backend()
    {
        await hosts.GetAsync("list", "/", "accept: a/b\r\nx-own: 1\r\naccept: c/d\r\nx-own: 2\r\n");

        BackendRequest request = hosts.Backend("list").SingleRequest;
        Assert.Equal("a/b,c/d", request.Headers["accept"]);
        Assert.Equal(["1", "2"], request.Headers.All("x-own"));
    }

    /// <summary>The hosts.</summary>
    public sealed class Hosts : ScenarioGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyDictionary<string, Scenario> Scenarios { get; } = new Dictionary<string, Scenario>
        {
            ["fragment"] = new(),
            ["rewritten"] = new("rewrite: {authority: other.test}"),
            ["fault"] = new("fault: {abort: {grpcStatus: UNAVAILABLE, percentage: {value: 100}}}"),
            ["aborted"] = new("fault: {abort: {httpStatus: 204, percentage: {value: 100}}}"),
            ["once"] = new("retries: {attempts: 0}"),
            ["refusing"] = new(),
            ["short"] = new(),
            ["list"] = new(),
            ["empty"] = new(Backends: 0),
        };

        /// <inheritdoc/>
        protected override string ExtraManifests => string.Concat(
            Answer("created", "directResponse: {status: 201}"),
            Answer("nothing", "directResponse: {status: 204, body: {string: text}}"),
            Answer("reset", "directResponse: {status: 205, body: {string: text}}"),
            Answer("same", "directResponse: {status: 304, body: {string: text}}"),
            Answer("see-other", "directResponse: {status: 303}"),
            Answer("not-modified", "directResponse: {status: 304}"),
            Answer("denied", "directResponse: {status: 403, body: {string: \"no\\nway\"}}"),
            Answer("redirected", "redirect: {authority: elsewhere.test}"),
            Manifests.AccessLogFormat(
                "\"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
                + "\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% \"%REQ(:AUTHORITY)%\" attempts=%UPSTREAM_REQUEST_ATTEMPT_COUNT%"));

        private static string Answer(string name, string answer) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{name}}, namespace: default}
            spec: {hosts: [{{name}}.test], gateways: [edge], http: [{ {{answer}} }]}

            """;
    }
}
