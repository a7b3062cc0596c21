using System.Text;
using System.Text.Json;
using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.AccessLoggers.Stream.V3;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Tests.Telemetry;

public sealed class AccessLogTests
{
    private const int LineBytes = 4096;

    /// <summary>Istio's default text format (spec: istio-gateway.md, section 8.1).</summary>
    public const string IstioText =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% "
        + "%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% "
        + "%DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" "
        + "\"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% "
        + "%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

    private static readonly (string Key, string Format)[] IstioJson =
    [
        ("start_time", "%START_TIME%"), ("route_name", "%ROUTE_NAME%"), ("method", "%REQ(:METHOD)%"), ("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
        ("protocol", "%PROTOCOL%"), ("response_code", "%RESPONSE_CODE%"), ("response_flags", "%RESPONSE_FLAGS%"),
        ("response_code_details", "%RESPONSE_CODE_DETAILS%"), ("connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"),
        ("bytes_received", "%BYTES_RECEIVED%"), ("bytes_sent", "%BYTES_SENT%"), ("duration", "%DURATION%"),
        ("upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"), ("x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"), ("user_agent", "%REQ(USER-AGENT)%"),
        ("request_id", "%REQ(X-REQUEST-ID)%"), ("authority", "%REQ(:AUTHORITY)%"), ("upstream_host", "%UPSTREAM_HOST%"),
        ("upstream_cluster", "%UPSTREAM_CLUSTER_RAW%"), ("upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"),
        ("downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"), ("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
        ("requested_server_name", "%REQUESTED_SERVER_NAME%"), ("upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
    ];

    [Fact]
    public void Istios_text_format_prints_a_whole_line()
    {
        const string expected =
            "[2026-11-23T08:09:05.007Z] \"GET /api/catalog?x=1 HTTP/1.1\" 404 NR route_not_found - \"-\" 12 357 15 11 \"192.0.2.7\" \"curl/7.88.1\" "
            + "\"0f6cbd4e-2f8e-9bd5-a0bd-4f2f2f1b8d10\" \"webapp.istioinaction.io\" \"-\" - 10.0.0.1:33444 10.0.0.1:8080 192.0.2.7:0 - -\n";
        HttpExchange exchange = SampleExchange.Create();
        exchange.ResponseStatus = 404;
        exchange.Flags = ResponseFlags.NoRouteFound;
        exchange.ResponseCodeDetails = "route_not_found";

        Assert.Equal(expected, Line(Compile(TextLog(IstioText)), exchange));
    }

    [Fact]
    public void Istios_json_format_prints_an_object_in_the_order_of_its_fields()
    {
        const string expected =
            "{\"start_time\":\"2026-11-23T08:09:05.007Z\",\"route_name\":null,\"method\":\"GET\",\"path\":\"/api/catalog?x=1\",\"protocol\":\"HTTP/1.1\","
            + "\"response_code\":200,\"response_flags\":\"DC\",\"response_code_details\":\"via_upstream\",\"connection_termination_details\":null,"
            + "\"bytes_received\":12,\"bytes_sent\":357,\"duration\":15,\"upstream_service_time\":\"11\",\"x_forwarded_for\":\"192.0.2.7\","
            + "\"user_agent\":\"curl/7.88.1\",\"request_id\":\"0f6cbd4e-2f8e-9bd5-a0bd-4f2f2f1b8d10\",\"authority\":\"webapp.istioinaction.io\","
            + "\"upstream_host\":null,\"upstream_cluster\":null,\"upstream_local_address\":\"10.0.0.1:33444\","
            + "\"downstream_local_address\":\"10.0.0.1:8080\",\"downstream_remote_address\":\"192.0.2.7:0\",\"requested_server_name\":null,"
            + "\"upstream_transport_failure_reason\":null}\n";
        HttpExchange exchange = SampleExchange.Create();
        exchange.Flags = ResponseFlags.DownstreamConnectionTermination;

        Assert.Equal(expected, Line(Compile(JsonLog(IstioStruct())), exchange));
    }

    [Fact]
    public void Json_keeps_literals_nesting_and_mixed_strings()
    {
        Struct format = Struct.Parser.ParseJson("""
            {"n":1.5,"i":7,"b":true,"nothing":null,"deep":{"code":"%RESPONSE_CODE%","list":["%PROTOCOL%",2,"%ROUTE_NAME%"]},"mixed":"%REQ(:METHOD)% %ROUTE_NAME%","a\"b":"x"}
            """);

        Assert.Equal(
            "{\"n\":1.5,\"i\":7,\"b\":true,\"nothing\":null,\"deep\":{\"code\":200,\"list\":[\"HTTP/1.1\",2,null]},\"mixed\":\"GET -\",\"a\\u0022b\":\"x\"}\n",
            Line(Compile(JsonLog(format)), SampleExchange.Create()));
    }

    [Fact]
    public void Json_omits_empty_values_and_sorts_when_asked()
    {
        AccessLog log = JsonLog(Struct.Parser.ParseJson("""{"z":"%RESPONSE_CODE%","b":"%ROUTE_NAME%","a":"%REQ(x-none)%%PROTOCOL%"}"""));
        FileAccessLog file = log.TypedConfig.Unpack<FileAccessLog>();
        file.LogFormat.OmitEmptyValues = true;
        file.LogFormat.JsonFormatOptions = new JsonFormatOptions { SortProperties = true };
        log.TypedConfig = Any.Pack(file);

        Assert.Equal("{\"a\":\"HTTP/1.1\",\"z\":200}\n", Line(Compile(log), SampleExchange.Create()));
    }

    [Fact]
    public void A_line_of_json_is_json_whatever_its_literals_and_its_values_are()
    {
        HttpExchange exchange = SampleExchange.Create();
        SampleExchange.RequestHeader(exchange, "user-agent", "a\"b\\c");
        SampleExchange.RequestHeader(exchange, "referer", "x\ty");
        Struct format = Struct.Parser.ParseJson("""
            {"m": "ua=%REQ(USER-AGENT)% ref=%REQ(REFERER)%", "one": "%REQ(USER-AGENT)%", "lit": "say \"hi\" %RESPONSE_CODE%", "bs": "a\\b %PROTOCOL%", "nl": "a\nb"}
            """);

        Assert.Equal(
            """{"m":"ua=a\"b\\c ref=x\ty","one":"a\"b\\c","lit":"say \"hi\" 200","bs":"a\\b HTTP/1.1","nl":"a\nb"}""" + "\n",
            Line(Compile(JsonLog(format)), exchange));
    }

    [Property(MaxTest = 1000)]
    public bool Any_literal_of_a_json_format_is_written_as_itself(NonNull<string> literal)
    {
        string text = string.Concat(literal.Get.EnumerateRunes());
        var format = new Struct { Fields = { ["x"] = Value.ForString(text.Replace("%", "%%", StringComparison.Ordinal) + "%PROTOCOL%") } };
        return JsonDocument.Parse(Line(Compile(JsonLog(format)), SampleExchange.Create())).RootElement.GetProperty("x").GetString() == text + "HTTP/1.1";
    }

    [Fact]
    public void An_object_that_is_empty_for_missing_values_is_missing()
    {
        AccessLog log = JsonLog(Struct.Parser.ParseJson("""{"in":{"none":"%REQ(none)%"},"e":{},"x":"x%REQ(none)%","l":["%REQ(none)%"]}"""));
        FileAccessLog file = log.TypedConfig.Unpack<FileAccessLog>();
        file.LogFormat.OmitEmptyValues = true;
        log.TypedConfig = Any.Pack(file);

        Assert.Equal("{\"e\":{},\"x\":\"x\",\"l\":[]}\n", Line(Compile(log), SampleExchange.Create()));
    }

    [Fact]
    public void The_deprecated_forms_of_a_format_are_taken()
    {
#pragma warning disable CS0612 // that is what is tested
        var format = new FileAccessLog { Path = "/dev/null", Format = "%RESPONSE_CODE%\n" };
        var json = new FileAccessLog { Path = "/dev/null", JsonFormat = Struct.Parser.ParseJson("""{"code":"%RESPONSE_CODE%","route":"%ROUTE_NAME%"}""") };
        var typed = new FileAccessLog { Path = "/dev/null", TypedJsonFormat = Struct.Parser.ParseJson("""{"code":"%RESPONSE_CODE%"}""") };
        var text = new FileAccessLog { Path = "/dev/null", LogFormat = new SubstitutionFormatString { TextFormat = "x\n" } };
#pragma warning restore CS0612
        Assert.Equal("200\n", Line(Compile(Log(format)), SampleExchange.Create()));
        Assert.Equal("{\"code\":\"200\",\"route\":\"-\"}\n", Line(Compile(Log(json)), SampleExchange.Create()));
        Assert.Equal("{\"code\":200}\n", Line(Compile(Log(typed)), SampleExchange.Create()));
        Assert.Equal("x\n", Line(Compile(Log(text)), SampleExchange.Create()));
    }

    [Fact]
    public void A_log_without_a_format_has_envoys()
    {
        Assert.Equal(
            "[2026-11-23T08:09:05.007Z] \"GET /api/catalog?x=1 HTTP/1.1\" 200 - 12 357 15 11 \"192.0.2.7\" \"curl/7.88.1\" "
            + "\"0f6cbd4e-2f8e-9bd5-a0bd-4f2f2f1b8d10\" \"webapp.istioinaction.io\" \"-\"\n",
            Line(Compile(Log(new FileAccessLog { Path = "/dev/null" })), SampleExchange.Create()));
    }

    [Fact]
    public void Stream_logs_go_to_the_processs_streams()
    {
        Assert.Equal("/dev/stdout", Compile(Log(new StdoutAccessLog())).Path);
        Assert.Equal("/dev/stderr", Compile(Log(new StderrAccessLog())).Path);
    }

    [Fact]
    public void What_cannot_be_compiled_is_refused_by_name()
    {
        var unknownFormatter = new SubstitutionFormatString { TextFormatSource = new DataSource { InlineString = "x" } };
        unknownFormatter.Formatters.Add(new TypedExtensionConfig { Name = "envoy.formatter.cel" });
        AccessLog traceable = TextLog("x\n");
        traceable.Filter = new AccessLogFilter { TraceableFilter = new TraceableFilter() };
        AccessLog badFlag = TextLog("x\n");
        badFlag.Filter = new AccessLogFilter { ResponseFlagFilter = new ResponseFlagFilter { Flags = { "XX" } } };

        Refuses(TextLog("%NOPE%"), "%NOPE% is not");
        Refuses(JsonLog(Struct.Parser.ParseJson("""{"a":{"b":["%NOPE%"]}}""")), "json_format.a.b[0]: %NOPE% is not");
        Refuses(Log(new FileAccessLog()), "path: is empty");
        Refuses(Log(new FileAccessLog { Path = "x", LogFormat = unknownFormatter }), "envoy.formatter.cel");
        Refuses(Log(new Envoy.Config.Core.V3.Node()), "envoy.config.core.v3.Node is not supported");
        Refuses(new AccessLog { Name = "test" }, "(none) is not supported");
        Refuses(traceable, "TraceableFilter is not supported");
        Refuses(badFlag, "\"XX\" is not known");
        Refuses(Log(new FileAccessLog { Path = "x", LogFormat = new SubstitutionFormatString { TextFormatSource = new DataSource { Filename = "/nonexistent/format" } } }), "text_format_source");
    }

    [Fact]
    public void Filters_choose_by_flag_and_by_status()
    {
        AccessLog byFlag = TextLog("x\n");
        byFlag.Filter = new AccessLogFilter { ResponseFlagFilter = new ResponseFlagFilter { Flags = { "NR", "UF" } } };
        AccessLog byAnyFlag = TextLog("x\n");
        byAnyFlag.Filter = new AccessLogFilter { ResponseFlagFilter = new ResponseFlagFilter() };
        AccessLog byStatus = TextLog("x\n");
        byStatus.Filter = new AccessLogFilter
        {
            StatusCodeFilter = new StatusCodeFilter { Comparison = new ComparisonFilter { Op = ComparisonFilter.Types.Op.Ge, Value = new RuntimeUInt32 { DefaultValue = 500 } } },
        };
        HttpExchange exchange = SampleExchange.Create();

        Assert.False(Compile(byFlag).Takes(exchange));
        Assert.False(Compile(byAnyFlag).Takes(exchange));
        Assert.False(Compile(byStatus).Takes(exchange));
        exchange.Flags = ResponseFlags.UpstreamConnectionFailure;
        exchange.ResponseStatus = 503;
        Assert.True(Compile(byFlag).Takes(exchange));
        Assert.True(Compile(byAnyFlag).Takes(exchange));
        Assert.True(Compile(byStatus).Takes(exchange));
        exchange.Flags = ResponseFlags.DownstreamConnectionTermination;
        exchange.ResponseStatus = 499;
        Assert.False(Compile(byFlag).Takes(exchange));
        Assert.True(Compile(byAnyFlag).Takes(exchange));
        Assert.False(Compile(byStatus).Takes(exchange));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_long_line_is_cut_in_its_values_and_stays_whole(bool isJson)
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.Request.SetPath(Encoding.ASCII.GetBytes("/" + new string('p', 5000)));
        SampleExchange.RequestHeader(exchange, "user-agent", new string('"', 3000));
        string line = Line(Compile(isJson ? JsonLog(IstioStruct()) : TextLog(IstioText)), exchange);

        Assert.True(line.Length <= LineBytes);
        Assert.EndsWith(isJson ? "\"upstream_transport_failure_reason\":null}\n" : "192.0.2.7:0 - -\n", line, StringComparison.Ordinal);
        Assert.Single(line, '\n');
        if (isJson)
        {
            Assert.StartsWith("/ppp", JsonDocument.Parse(line).RootElement.GetProperty("path").GetString(), StringComparison.Ordinal);
        }
    }

    [Property(MaxTest = 1000)]
    public bool A_line_of_json_is_valid_and_holds_the_value(NonNull<string> serverName, byte[] agent)
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.RequestedServerName = serverName.Get;
        exchange.Request.Headers.Set("user-agent"u8, agent);
        string line = Line(Compile(JsonLog(IstioStruct())), exchange);
        string? read = JsonDocument.Parse(line).RootElement.GetProperty("requested_server_name").GetString();
        string expected = new string([.. serverName.Get.EnumerateRunes().SelectMany(r => r.ToString())]);

        return line.IndexOf('\n') == line.Length - 1 && !line[..^1].Any(char.IsControl) && (read ?? "") == expected;
    }

    [Property(MaxTest = 1000)]
    public bool A_line_of_text_has_one_end(NonNull<string> serverName, byte[] agent)
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.RequestedServerName = serverName.Get;
        exchange.Request.Headers.Set("user-agent"u8, agent);
        string line = Line(Compile(TextLog(IstioText)), exchange);

        return line.IndexOf('\n') == line.Length - 1 && !line[..^1].Any(char.IsControl) && line.Count(c => c == '"') == 14;
    }

    internal static AccessLog TextLog(string format, string path = "/dev/null") =>
        Log(new FileAccessLog { Path = path, LogFormat = new SubstitutionFormatString { TextFormatSource = new DataSource { InlineString = format } } });

    internal static RuntimeAccessLog Compile(AccessLog log)
    {
        RuntimeAccessLog? compiled = AccessLogCompiler.CompileOne(log, out string error);
        Assert.True(compiled is not null, error);
        return compiled;
    }

    private static AccessLog JsonLog(Struct format) =>
        Log(new FileAccessLog { Path = "/dev/null", LogFormat = new SubstitutionFormatString { JsonFormat = format } });

    private static AccessLog Log(IMessage config) => new() { Name = "test", TypedConfig = Any.Pack(config) };

    private static Struct IstioStruct()
    {
        var format = new Struct();
        foreach ((string key, string value) in IstioJson)
        {
            format.Fields.Add(key, Value.ForString(value));
        }

        return format;
    }

    private static void Refuses(AccessLog log, string expected)
    {
        Assert.Null(AccessLogCompiler.CompileOne(log, out string error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.StartsWith("access log test: ", error, StringComparison.Ordinal);
    }

    private static string Line(RuntimeAccessLog log, HttpExchange exchange)
    {
        byte[] line = new byte[LineBytes];
        return new UTF8Encoding(false, true).GetString(line, 0, log.Format(exchange, line));
    }
}
