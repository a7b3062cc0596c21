using Tidegate.Http.Headers;
using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

public sealed class FieldLineTests
{
    private static RequestOutcome Parse(string fields, Http1Limits? limits = null) => Wire.Request($"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n", limits);

    [Theory]
    [InlineData("X: y\r\n z\r\n")]
    [InlineData("X: y\r\n\tz\r\n")]
    [InlineData("X: y\r\n \r\n")]
    [InlineData(" X: y\r\n")]
    public void Obsolete_line_folding_is_refused(string fields) => Parse(fields).IsRefused(Http1ErrorCode.ObsoleteFolding);

    [Fact]
    public void White_space_in_front_of_the_first_field_is_refused() =>
        Wire.Request("GET / HTTP/1.1\r\n Host: a\r\n\r\n").IsRefused(Http1ErrorCode.ObsoleteFolding);

    [Theory]
    [InlineData("X : y\r\n")]
    [InlineData("X\t: y\r\n")]
    [InlineData("Content-Length : 5\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n")]
    [InlineData("Transfer-Encoding\t: chunked\r\n")]
    [InlineData("X y: z\r\n")]
    public void White_space_before_the_colon_is_refused(string fields) => Parse(fields).IsRefused(Http1ErrorCode.WhiteSpaceBeforeColon);

    [Theory]
    [InlineData(": y\r\n")]
    [InlineData(":\r\n")]
    [InlineData("X\r\n")]
    [InlineData("X(: y\r\n")]
    [InlineData("X\u00e9: y\r\n")]
    [InlineData("\"X\": y\r\n")]
    [InlineData("X\0: y\r\n")]
    [InlineData("\u000bTransfer-Encoding: chunked\r\n")]
    [InlineData("[X]: y\r\n")]
    [InlineData("X/Y: y\r\n")]
    public void A_name_that_is_no_token_is_refused(string fields) => Parse(fields).IsRefused(Http1ErrorCode.InvalidFieldName);

    [Theory]
    [InlineData('\0')]
    [InlineData('\u0001')]
    [InlineData('\u0008')]
    [InlineData('\u000b')]
    [InlineData('\u000c')]
    [InlineData('\u001b')]
    [InlineData('\u001f')]
    [InlineData('\u007f')]
    public void A_control_character_in_a_value_is_refused(char value)
    {
        RequestOutcome outcome = Parse($"X: a{value}b\r\n");
        outcome.IsRefused(Http1ErrorCode.InvalidFieldValue);
        Assert.Equal("http1.invalid_characters", outcome.Error.Detail);
        Parse($"Transfer-Encoding:{value}chunked\r\n").IsRefused(Http1ErrorCode.InvalidFieldValue);
    }

    [Theory]
    [InlineData("X: a\nY: b\r\n", Http1ErrorCode.BareLineFeed)]
    [InlineData("X: a\rY: b\r\n", Http1ErrorCode.BareCarriageReturn)]
    [InlineData("X: a\r\r\n", Http1ErrorCode.BareCarriageReturn)]
    [InlineData("X\n: a\r\n", Http1ErrorCode.BareLineFeed)]
    [InlineData("X\r: a\r\n", Http1ErrorCode.BareCarriageReturn)]
    [InlineData("\n", Http1ErrorCode.BareLineFeed)]
    [InlineData("\rX: a\r\n", Http1ErrorCode.BareCarriageReturn)]
    [InlineData("X: a\r\n\n", Http1ErrorCode.BareLineFeed)]
    public void Bare_line_ends_are_refused(string fields, Http1ErrorCode code) => Parse(fields).IsRefused(code);

    [Theory]
    [InlineData("X: y\r\n", "y")]
    [InlineData("X:y\r\n", "y")]
    [InlineData("X:  \t y \t\r\n", "y")]
    [InlineData("X:\r\n", "")]
    [InlineData("X: \r\n", "")]
    [InlineData("X: \t \r\n", "")]
    [InlineData("X: a\tb  c\r\n", "a\tb  c")]
    [InlineData("X: \u00fc\u0080\r\n", "\u00fc\u0080")]
    [InlineData("X: a:b\r\n", "a:b")]
    [InlineData("X:\ty\r\n", "y")]
    public void White_space_around_a_value_is_dropped_and_the_rest_kept(string fields, string value)
    {
        HeaderMap headers = Parse(fields).IsAccepted().Headers;
        Assert.True(headers.TryGet("x"u8, out ReadOnlySpan<byte> found));
        Assert.Equal(value, Wire.Text(found));
    }

    [Fact]
    public void Names_are_folded_to_lower_case_and_the_order_is_kept() =>
        Assert.Equal("b-header: 1\naccept: 2\nb-header: 3\n", Wire.Show(Parse("B-Header: 1\r\nACCEPT: 2\r\nb-heaDER: 3\r\n").IsAccepted().Headers));

    [Fact]
    public void Underscores_are_accepted_unless_the_profile_refuses_them()
    {
        Parse("X_Forwarded_For: 1.2.3.4\r\n").IsAccepted();
        RequestOutcome outcome = Parse("X_Forwarded_For: 1.2.3.4\r\n", new Http1Limits { RejectUnderscoreHeaders = true });
        outcome.IsRefused(Http1ErrorCode.UnderscoreInFieldName);
        Assert.Equal("http1.unexpected_underscore", outcome.Error.Detail);
    }

    [Fact]
    public void Fields_with_underscores_can_be_passed_over()
    {
        var limits = new Http1Limits { DropUnderscoreHeaders = true, MaxHeaderCount = 4 };
        Assert.Equal("a: 1\nb: 2\n", Wire.Show(Parse("a: 1\r\nx_y: 3\r\nb: 2\r\n", limits).IsAccepted().Headers));

        // They count towards the limits all the same.
        Parse("a_: 1\r\nb_: 1\r\nc_: 1\r\nd_: 1\r\n", limits).IsRefused(Http1ErrorCode.TooManyHeaders, 431);
    }

    [Fact]
    public void A_codec_error_is_Bad_Request_in_Envoys_words()
    {
        Http1Error error = Parse("X y\r\n").Error;
        Assert.Equal((400, "http1.codec_error", "Bad Request", true), (error.Status, error.Detail, Wire.Text(error.Body), error.IsDownstreamProtocolError));
    }
}
