using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;
using Tidegate.Rules.Formats;

namespace Tidegate.Proxy.Tests.Telemetry;

public sealed class TextFormatTests
{
    [Theory]
    [InlineData("%START_TIME%", "2026-11-23T08:09:05.007Z")]
    [InlineData("%START_TIME(%Y/%m/%dT%H:%M:%S%z)%", "2026/11/23T08:09:05+0000")]
    [InlineData("%START_TIME(%s)%", "1795421345")]
    [InlineData("%START_TIME(%s.%3f)%", "1795421345.007")]
    [InlineData("%START_TIME(%s.%6f)%", "1795421345.007123")]
    [InlineData("%START_TIME(%s.%9f)%", "1795421345.007123400")]
    [InlineData("%START_TIME(%FT%T.%f)%", "2026-11-23T08:09:05.007123400")]
    [InlineData("%START_TIME(%E3S %E0S %E*S)%", "05.007 05 05.0071234")]
    [InlineData("%START_TIME(%a %A %b %B %e %j %I %p %y %R %D %h %Ez %Z %%)%", "Mon Monday Nov November 23 327 08 AM 26 08:09 11/23/26 Nov +00:00 UTC %")]
    [InlineData("%EMIT_TIME%", "2026-11-23T08:09:05.023Z")]
    [InlineData("%REQ(:METHOD)%", "GET")]
    [InlineData("%REQ(:PATH)%", "/api/catalog?x=1")]
    [InlineData("%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", "/api/catalog?x=1")]
    [InlineData("%REQ(:PATH):4%", "/api")]
    [InlineData("%REQ(:AUTHORITY)%", "webapp.istioinaction.io")]
    [InlineData("%REQ(Host)%", "webapp.istioinaction.io")]
    [InlineData("%REQ(:SCHEME)%", "http")]
    [InlineData("%REQ(USER-AGENT)%", "curl/7.88.1")]
    [InlineData("%REQ(x-nobody-knows)%", "-")]
    [InlineData("%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH)%", "/api/catalog")]
    [InlineData("%RESP(CONTENT-TYPE)%", "application/json")]
    [InlineData("%RESP(SERVER?CONTENT-TYPE):11%", "application")]
    [InlineData("%TRAILER(GRPC-STATUS)%", "-")]
    [InlineData("%STREAM_ID%", "0f6cbd4e-2f8e-9bd5-a0bd-4f2f2f1b8d10")]
    [InlineData("%PROTOCOL%", "HTTP/1.1")]
    [InlineData("%UPSTREAM_PROTOCOL%", "HTTP/1.1")]
    [InlineData("%RESPONSE_CODE%", "200")]
    [InlineData("%RESPONSE_CODE_DETAILS%", "via_upstream")]
    [InlineData("%RESPONSE_CODE_DETAILS:3%", "via")]
    [InlineData("%RESPONSE_FLAGS%", "-")]
    [InlineData("%CONNECTION_TERMINATION_DETAILS%", "-")]
    [InlineData("%UPSTREAM_TRANSPORT_FAILURE_REASON%", "-")]
    [InlineData("%BYTES_RECEIVED%", "12")]
    [InlineData("%BYTES_SENT%", "357")]
    [InlineData("%REQUEST_HEADERS_BYTES%", "200")]
    [InlineData("%RESPONSE_HEADERS_BYTES%", "150")]
    [InlineData("%RESPONSE_TRAILERS_BYTES%", "0")]
    [InlineData("%DURATION%", "15")]
    [InlineData("%REQUEST_DURATION%", "2")]
    [InlineData("%RESPONSE_DURATION%", "12")]
    [InlineData("%RESPONSE_TX_DURATION%", "3")]
    [InlineData("%REQUEST_TX_DURATION%", "-")]
    [InlineData("%COMMON_DURATION(DS_RX_BEG:DS_RX_END)%", "2")]
    [InlineData("%COMMON_DURATION(DS_RX_BEG:US_RX_BEG:us)%", "12345")]
    [InlineData("%COMMON_DURATION(DS_RX_BEG:DS_RX_END:ns)%", "2000000")]
    [InlineData("%COMMON_DURATION(DS_TX_END:DS_RX_BEG:ms)%", "-")]
    [InlineData("%COMMON_DURATION(US_CX_BEG:US_CX_END:us)%", "-")]
    [InlineData("%START_TIME(%u|%w|%U|%V|%G|%C|%k|%l|%c|%x|%X)%", "1|1|47|48|2026|20| 8| 8|Mon Nov 23 08:09:05 2026|11/23/26|08:09:05")]
    [InlineData("%START_TIME(%Q %9999f plain %)%", "%Q %9999f plain %")]
    [InlineData("%PATH%", "/api/catalog?x=1")]
    [InlineData("%PATH(NQ):4%", "/api")]
    [InlineData("%PATH(WQ:ORIG)%", "-")]
    [InlineData("%QUERY_PARAM(x)% %QUERY_PARAM(y)%", "1 -")]
    [InlineData("%QUERY_PARAMS%", "x=1")]
    [InlineData("%REQUEST_HEADER(user-agent):4%", "curl")]
    [InlineData("%RESPONSE_HEADER(content-type)%", "application/json")]
    [InlineData("%RESP(:status)%", "200")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(24)%", "192.0.2.0/24")]
    [InlineData("%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(8)%", "10.0.0.0/8")]
    [InlineData("%COALESCE({\"operators\":[{\"command\":\"REQ\",\"param\":\"none\"},\"PROTOCOL\"]})%", "HTTP/1.1")]
    [InlineData("%METADATA(ROUTE:istio)%", "-")]
    [InlineData("%LISTENER_NAME% %CEL(request.path)%", "- -")]
    [InlineData("%UPSTREAM_LOCAL_ADDRESS%", "10.0.0.1:33444")]
    [InlineData("%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", "10.0.0.1")]
    [InlineData("%UPSTREAM_LOCAL_PORT%", "33444")]
    [InlineData("%UPSTREAM_HOST%", "-")]
    [InlineData("%UPSTREAM_CLUSTER%", "-")]
    [InlineData("%UPSTREAM_CLUSTER_RAW%", "-")]
    [InlineData("%ROUTE_NAME%", "-")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS%", "192.0.2.7:0")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "192.0.2.7")]
    [InlineData("%DOWNSTREAM_REMOTE_PORT%", "0")]
    [InlineData("%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", "10.1.1.1:5000")]
    [InlineData("%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%", "10.1.1.1")]
    [InlineData("%DOWNSTREAM_LOCAL_ADDRESS%", "10.0.0.1:8080")]
    [InlineData("%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", "10.0.0.1")]
    [InlineData("%DOWNSTREAM_LOCAL_PORT%", "8080")]
    [InlineData("%REQUESTED_SERVER_NAME%", "-")]
    [InlineData("%UPSTREAM_REQUEST_ATTEMPT_COUNT%", "1")]
    [InlineData("%GRPC_STATUS%", "-")]
    [InlineData("%DYNAMIC_METADATA(istio.mixer:x)%", "-")]
    [InlineData("%FILTER_STATE(wasm.upstream_peer:TYPED):10%", "-")]
    [InlineData("%DOWNSTREAM_TLS_VERSION%", "-")]
    [InlineData("%ACCESS_LOG_TYPE%", "DownstreamEnd")]
    [InlineData("100%% of %PROTOCOL%, %RESPONSE_CODE%\n", "100% of HTTP/1.1, 200\n")]
    [InlineData("", "")]
    public void An_operator_prints_its_value(string format, string expected) => Assert.Equal(expected, Format(format, SampleExchange.Create()));

    [Fact]
    public void The_hostname_is_the_machines() => Assert.Equal(Environment.MachineName, Format("%HOSTNAME%", SampleExchange.Create()));

    [Fact]
    public void An_environment_variable_is_read_when_the_format_is_compiled() =>
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), Format("%ENVIRONMENT(PATH)%", SampleExchange.Create()));

    [Fact]
    public void A_format_that_makes_no_sense_is_refused_by_name()
    {
        Assert.Null(TextFormat.Compile("a %FOO%", omitEmpty: false, out string error));
        Assert.Equal("%FOO% is not a command operator that is known", error);
    }

    [Fact]
    public void An_operator_has_a_value_here_or_is_known_to_have_none()
    {
        string[] arguments = ["", "x", "ROUTE:istio", "DS_RX_BEG:DS_TX_END", "{\"operators\":[\"PROTOCOL\"]}"];
        foreach (string name in Rules.Formats.FormatOperator.Names)
        {
            FormatCall call = arguments.Select(argument => new FormatCall(name, argument)).First(call => Rules.Formats.FormatOperator.Check(call) is null);
            Assert.Equal((name, Rules.Formats.FormatOperator.HasValue(call)), (name, FormatOperators.Compile(call) is not AbsentOperator));
        }

        Assert.Empty(FormatOperators.Names.Except(Rules.Formats.FormatOperator.Names));
    }

    [Fact]
    public void The_clients_certificate_is_told()
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.RequestedServerName = "mtls.test";

        Assert.Equal("- - -", Format("%DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_PEER_CERT_V_START(%Y)%", exchange));
        Assert.Equal("mtls.test webapp.istioinaction.io", Format("%REQUESTED_SERVER_NAME(SNI_FIRST)% %REQUESTED_SERVER_NAME(HOST_FIRST)%", exchange));
    }

    [Fact]
    public void One_exchange_has_one_unique_id()
    {
        HttpExchange exchange = SampleExchange.Create();
        string first = Format("%UNIQUE_ID%", exchange);

        Assert.Equal(first, Format("%UNIQUE_ID%", exchange));
        exchange.Reset();
        Assert.NotEqual(first, Format("%UNIQUE_ID%", exchange));
    }

    [Fact]
    public void A_missing_value_is_nothing_where_empty_values_are_omitted() => Assert.Equal("<>", Format("<%REQ(x-none)%>", SampleExchange.Create(), omitEmpty: true));

    [Fact]
    public void A_request_without_a_head_has_no_method_and_no_path()
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.HasRequestHead = false;

        Assert.Equal("- - - HTTP/1.1", Format("%REQ(:METHOD)% %REQ(:PATH)% %REQ(:AUTHORITY)% %PROTOCOL%", exchange));
    }

    [Fact]
    public void Durations_that_have_no_end_are_missing()
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.EndUs = 0;
        exchange.UpstreamFirstByteUs = 0;

        Assert.Equal("- - -", Format("%DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%", exchange));
    }

    [Theory]
    [InlineData(ResponseFlags.NoRouteFound, "NR", "NoRouteFound")]
    [InlineData(ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded, "URX,UF", "UpstreamRetryLimitExceeded,UpstreamConnectionFailure")]
    [InlineData(ResponseFlags.OverloadManager, "OM", "OverloadManagerTerminated")]
    public void Flags_have_their_short_and_long_names(ResponseFlags flags, string shortNames, string longNames)
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.Flags = flags;

        Assert.Equal($"{shortNames} {longNames}", Format("%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%", exchange));
        Assert.Equal(shortNames, ResponseFlagNames.ToText(flags));
    }

    [Fact]
    public void Every_flag_has_a_name_that_finds_it()
    {
        Assert.All(Enum.GetValues<ResponseFlags>().Where(f => f != ResponseFlags.None), flag =>
        {
            Assert.True(ResponseFlagNames.TryFind(ResponseFlagNames.ToText(flag), out ResponseFlags found));
            Assert.Equal(flag, found);
        });
    }

    [Theory]
    [InlineData("%GRPC_STATUS%", "InvalidArgument")]
    [InlineData("%GRPC_STATUS(SNAKE_STRING)%", "INVALID_ARGUMENT")]
    [InlineData("%GRPC_STATUS(NUMBER)%", "3")]
    [InlineData("%GRPC_STATUS_NUMBER%", "3")]
    public void A_grpc_status_is_named(string format, string expected)
    {
        HttpExchange exchange = SampleExchange.Create();
        SampleExchange.RequestHeader(exchange, "content-type", "application/grpc+proto");
        SampleExchange.ResponseHeader(exchange, "grpc-status", "3");

        Assert.Equal(expected, Format(format, exchange));
    }

    [Theory]
    [InlineData("a\nb\r\0c", @"a\x0Ab\x0D\x00c")]
    [InlineData("\u001b[31mred\u009b", @"\x1B[31mred\xC2\x9B")]
    [InlineData("quote\" 200 - \\", @"quote\x22 200 - \x5C")]
    [InlineData("bücher→🙂", "bücher→🙂")]
    public void A_value_cannot_break_out_of_a_line(string value, string expected)
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.RequestedServerName = value;

        Assert.Equal(expected, Format("%REQUESTED_SERVER_NAME%", exchange, ValueEscaping.Text));
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_escaped_one_by_one()
    {
        HttpExchange exchange = SampleExchange.Create();
        Assert.True(exchange.Request.Headers.Set("user-agent"u8, [0x61, 0xFF, 0xC3, 0x62]));

        Assert.Equal(@"a\xFF\xC3b", Format("%REQ(USER-AGENT)%", exchange, ValueEscaping.Text));
    }

    [Fact]
    public void A_length_does_not_cut_inside_a_character()
    {
        HttpExchange exchange = SampleExchange.Create();
        SampleExchange.RequestHeader(exchange, "x-name", "aé🙂b");

        Assert.Equal("a|aé|aé|aé🙂", Format("%REQ(X-NAME):2%|%REQ(X-NAME):3%|%REQ(X-NAME):6%|%REQ(X-NAME):7%", exchange));
    }

    [Fact]
    public void Formatting_into_too_little_room_says_so()
    {
        TextFormat format = TextFormat.Compile("%REQ(USER-AGENT)% %BYTES_SENT%", false, out _)!;

        Assert.All(Enumerable.Range(0, 15), size => Assert.Equal(-1, format.Format(SampleExchange.Create(), new byte[size])));
        Assert.Equal(15, format.Format(SampleExchange.Create(), new byte[15]));
    }

    [Property(MaxTest = 2000)]
    public bool Compiling_never_throws(NonNull<string> format)
    {
        TextFormat? compiled = TextFormat.Compile(format.Get, false, out string error);
        return (compiled is null) == (error.Length > 0);
    }

    [Property(MaxTest = 2000)]
    public bool Compiling_what_looks_like_a_format_never_throws(int[] choices)
    {
        string[] parts = ["%", "%%", "(", ")", ":", "9", "REQ", "START_TIME", "(%Y", ")%", "%REQ(", "?", "%E", "*S", "f", " ", ":PATH", "%PROTOCOL%", "\n"];
        string format = string.Concat(choices.Select(c => parts[(int)((uint)c % parts.Length)]));
        TextFormat? compiled = TextFormat.Compile(format, false, out string error);
        if (compiled is not null)
        {
            compiled.Format(SampleExchange.Create(), new byte[4096], ValueEscaping.Text);
        }

        return (compiled is null) == (error.Length > 0);
    }

    [Property(MaxTest = 2000)]
    public bool Values_never_put_a_control_character_or_a_quote_into_a_line(NonNull<string> serverName, byte[] agent, int room)
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.RequestedServerName = serverName.Get;
        exchange.Request.Headers.Set("user-agent"u8, agent);
        byte[] line = new byte[Math.Abs((long)room) % 300];
        int length = TextFormat.Compile("%REQUESTED_SERVER_NAME%%REQ(USER-AGENT)%", false, out _)!.Format(exchange, line, ValueEscaping.Text);
        string text = length < 0 ? "" : new UTF8Encoding(false, true).GetString(line, 0, length);

        return !text.Any(c => char.IsControl(c) || c == '"');
    }

    [Fact]
    public void Formatting_allocates_nothing()
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.RequestedServerName = "webapp.istioinaction.io";
        exchange.Flags = ResponseFlags.NoRouteFound | ResponseFlags.LocalReset;
        TextFormat format = TextFormat.Compile(AccessLogTests.IstioText + "%START_TIME(%a %d %b %Y %T)%", false, out _)!;
        byte[] line = new byte[4096];
        format.Format(exchange, line, ValueEscaping.Text);

        Assert.Equal(0, Allocations.Of(() => format.Format(exchange, line, ValueEscaping.Text)));
    }

    private static string Format(string format, HttpExchange exchange, ValueEscaping escaping = ValueEscaping.None, bool omitEmpty = false)
    {
        TextFormat? compiled = TextFormat.Compile(format, omitEmpty, out string error);
        Assert.True(compiled is not null, error);
        byte[] line = new byte[8192];
        int length = compiled.Format(exchange, line, escaping);
        return Encoding.UTF8.GetString(line, 0, length);
    }
}
