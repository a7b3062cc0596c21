using FsCheck;
using FsCheck.Xunit;
using Tidegate.Rules.Formats;

namespace Tidegate.Rules.Tests.Formats;

/// <summary>What a format is: Envoy 1.40's operators with their arguments.</summary>
public sealed class FormatStringTests
{
    [Theory]
    [InlineData("")]
    [InlineData("100%% of %PROTOCOL%")]
    [InlineData("%REQ(:PATH):10% %REQ(A?B)% %PROTOCOL()%")]
    [InlineData("%PATH% %PATH(NQ)% %PATH(WQ:ORIG_OR_PATH):4% %QUERY_PARAM(a)% %QUERY_PARAMS(DECODED)%")]
    [InlineData("%START_TIME(%9999f)% %START_TIME(%Q)% %START_TIME(%u)% %DOWNSTREAM_PEER_CERT_V_START%")]
    [InlineData("%REQUESTED_SERVER_NAME(SNI_FIRST)% %REQUESTED_SERVER_NAME(HOST_FIRST:ORIG)%")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(24)%")]
    [InlineData("""%COALESCE({"operators":["REQUESTED_SERVER_NAME",{"command":"REQ","param":":authority","max_length":4}]})%""")]
    [InlineData("%CEL(request.headers['user-agent'])% %CEL(response.code>=500)%")]
    [InlineData("""%UPSTREAM_METADATA(["istio", "workload"])% %METADATA(ROUTE:istio:config)%""")]
    [InlineData("%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%")]
    public void Is_a_format(string format) => Assert.Null(FormatString.Check(format));

    [Theory]
    [InlineData("%FOO%", "%FOO% is not a command operator that is known")]
    [InlineData("a %REQ% b", "%REQ%: needs the name of a header in parentheses")]
    [InlineData("%REQ(a?b?c)%", "%REQ%: has more than one alternative header")]
    [InlineData("%PROTOCOL(x)%", "%PROTOCOL%: takes no argument, but has \"x\"")]
    [InlineData("%GRPC_STATUS(X)%", "%GRPC_STATUS%: the argument \"X\" is none of CAMEL_STRING, SNAKE_STRING, NUMBER")]
    [InlineData("%PATH(XX)%", "%PATH%: the argument \"XX\" is none of WQ, NQ")]
    [InlineData("%ENVIRONMENT%", "%ENVIRONMENT%: needs an argument in parentheses")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(0)%", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%: the argument \"0\" is no number of bits from 1 to 128")]
    [InlineData("%METADATA(ROUTE)%", "%METADATA%: needs whose metadata it is, and its namespace, in parentheses: TYPE:NAMESPACE")]
    [InlineData("%COALESCE({})%", "%COALESCE%: needs a JSON object in parentheses: {\"operators\": [\"NAME\", {\"command\": \"NAME\", \"param\": \"ARGUMENT\"}]}")]
    [InlineData("""%COALESCE({"operators":["FOO"]})%""", "%COALESCE%: %FOO% is not a command operator that is known")]
    [InlineData("abc %", "format \"abc %\": no command operator at position 4; write %OPERATOR% or %OPERATOR(ARGUMENT):LENGTH%, and %% for a percent sign")]
    [InlineData("%protocol%", "format \"%protocol%\": no command operator at position 0; write %OPERATOR% or %OPERATOR(ARGUMENT):LENGTH%, and %% for a percent sign")]
    public void Is_no_format(string format, string problem) => Assert.Equal(problem, FormatString.Check(format));

    [Fact]
    public void Operators_without_a_value_are_named_once() =>
        Assert.Equal(["%TRACE_ID%", "%SPAN_ID%"], FormatString.WithoutValue("%TRACE_ID% %PROTOCOL% %SPAN_ID% %TRACE_ID%"));

    [Theory]
    [InlineData("""{"a": "%PROTOCOL%", "b": [1, null, true, {"c": "x"}]}""", null)]
    [InlineData("""{"a": {"b": ["%NOPE%"]}}""", "%NOPE% is not a command operator that is known")]
    [InlineData("JSON\n", "is no JSON: 'J' is an invalid start of a value. LineNumber: 0 | BytePositionInLine: 0.")]
    [InlineData("[1]", "is no JSON object but a array")]
    public void A_json_format_is_an_object_of_formats(string format, string? problem) => Assert.Equal(problem, LogFormat.Check(format, isJson: true));

    [Property(MaxTest = 3000)]
    public bool Any_text_is_a_format_or_is_refused_with_a_reason(int[] choices)
    {
        string[] parts =
        [
            "%", "%%", "(", ")", ":", "9", "REQ", "START_TIME", "(%Y", ")%", "%REQ(", "?", "%E", "f", " ", ":PATH", "%PROTOCOL%", "\n", "%PATH(", "WQ",
            "%COALESCE(", "{\"operators\":[", "\"REQ\"", "]})%", "%METADATA(ROUTE:", "istio", "[\"a\"", "😀", "\0", "%COMMON_DURATION(", "%CEL(",
        ];
        string format = string.Concat(choices.Select(choice => parts[(int)((uint)choice % parts.Length)]));
        bool isFormat = FormatString.Parse(format, out string problem) is not null;
        return isFormat == (problem.Length == 0) && (isFormat || FormatString.WithoutValue(format).Count == 0);
    }
}
