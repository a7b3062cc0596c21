using System.Text.Json;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Telemetry;

/// <summary>The access log in Istio's default formats (istio-gateway.md, 8.1).</summary>
public sealed class AccessLogTests
{
    [Fact]
    public async Task The_text_format_is_istios_default()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Backend("shop.test", backend));
        await gateway.AnswersAsync(200, "shop.test");
        using RawClient client = await gateway.ConnectAsync();

        await client.ExchangeAsync("POST /buy?x=1 HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: test/1\r\nContent-Length: 3\r\n\r\nabc");

        string line = await gateway.LogsAsync("/buy");
        string requestId = backend.Requests.Single(request => request.Target == "/buy?x=1").Headers["x-request-id"]!;
        string upstream = backend.EndPoint.ToString();
        Assert.Matches(
            @"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] ""POST /buy\?x=1 HTTP/1\.1"" 200 - via_upstream - ""-"" 3 2 \d+ \d+ " +
            $@"""{client.LocalEndPoint.Address}"" ""test/1"" ""{requestId}"" ""shop\.test"" ""{upstream}"" outbound\|80\|\|shop\.test " +
            $@"[\d.]+:\d+ {gateway.Address}:8080 {client.LocalEndPoint} - (-|default)$",
            line);
    }

    [Fact]
    public async Task The_json_format_has_istios_keys()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--access-log-encoding", "json");
        await gateway.AnswersAsync(200, "shop.test");

        await gateway.GetAsync("shop.test", "/as-json");

        using JsonDocument entry = JsonDocument.Parse(await gateway.LogsAsync("/as-json"));
        JsonElement root = entry.RootElement;
        Assert.Equal(
            [
                "authority", "bytes_received", "bytes_sent", "connection_termination_details", "downstream_local_address", "downstream_remote_address",
                "duration", "method", "path", "protocol", "request_id", "requested_server_name", "response_code", "response_code_details",
                "response_flags", "route_name", "start_time", "upstream_cluster", "upstream_host", "upstream_local_address",
                "upstream_service_time", "upstream_transport_failure_reason", "user_agent", "x_forwarded_for",
            ],
            root.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
        Assert.Equal(200, root.GetProperty("response_code").GetInt32());
        Assert.Equal("/as-json", root.GetProperty("path").GetString());
        Assert.Equal("outbound|80||shop.test", root.GetProperty("upstream_cluster").GetString());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("user_agent").ValueKind);
    }

    [Fact]
    public async Task A_file_takes_the_log()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        string file = Path.Combine(Path.GetTempPath(), $"tidegate-test-{Guid.NewGuid():N}.log");
        try
        {
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(
                Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--access-log", file);
            await gateway.AnswersAsync(200, "shop.test", "/to-a-file");

            await Eventually.HoldsAsync(() => File.Exists(file) && File.ReadAllText(file).Contains("/to-a-file", StringComparison.Ordinal), "the file has the line");
            Assert.DoesNotContain("/to-a-file", gateway.Output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task S17_what_a_client_sends_cannot_forge_a_line()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Backend("shop.test", backend));
        await gateway.AnswersAsync(200, "shop.test");

        await gateway.ExchangeAsync("GET /forge?a\"b HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: x\" 200 - \"\u00e4\u0085\r\n\r\n");

        string line = await gateway.LogsAsync("/forge");
        Assert.DoesNotContain("\u0085", line);
        Assert.StartsWith("[", line);
    }
}
