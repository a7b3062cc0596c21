using Tidegate.Http.Headers;
using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

/// <summary>In which case names of fields are written: Envoy's <c>header_key_format</c>.</summary>
public sealed class NameCaseTests
{
    private const string Request = "POST /x HTTP/1.1\r\nHost: a.example\r\nX-Custom-ID: 1\r\nContent-TYPE: text/plain\r\nx-lower: 2\r\nContent-Length: 0\r\n\r\n";

    private static readonly Http1Limits Keeping = Http1Limits.Default with { KeepsNameCase = true };

    [Fact]
    public void Names_are_written_as_they_came_where_that_is_remembered()
    {
        RequestHead head = Wire.Request(Request, Keeping).Head;

        Assert.Equal(
            "POST /x HTTP/1.1\r\nHost: a.example\r\nX-Custom-ID: 1\r\nContent-TYPE: text/plain\r\nx-lower: 2\r\nContent-Length: 0\r\n\r\n",
            Wire.Write(head));
    }

    [Fact]
    public void Names_are_in_lower_case_otherwise() =>
        Assert.Contains("\r\nx-custom-id: 1\r\ncontent-type: text/plain\r\n", Wire.Write(Wire.Request(Request).Head), StringComparison.Ordinal);

    [Fact]
    public void A_name_is_found_whatever_its_case_and_keeps_it_when_its_value_changes()
    {
        RequestHead head = Wire.Request(Request, Keeping).Head;

        Assert.True(head.Headers.Set("x-custom-id"u8, "a longer value than before"u8));
        Assert.True(head.Headers.Set(KnownHeader.ContentType, "application/json; charset=utf-8"u8));

        Assert.Contains("X-Custom-ID: a longer value than before\r\nContent-TYPE: application/json", Wire.Write(head), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_gateway_adds_is_in_lower_case()
    {
        RequestHead head = Wire.Request(Request, Keeping).Head;

        Assert.True(head.Headers.Add("x-added"u8, "3"u8));

        Assert.Contains("\r\nx-added: 3\r\n", Wire.Write(head), StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_of_a_request_has_the_same_names()
    {
        RequestHead head = Wire.Request(Request, Keeping).Head;
        var copy = new RequestHead();

        head.CopyTo(copy);

        Assert.Equal(Wire.Write(head), Wire.Write(copy));
    }

    [Fact]
    public void Each_word_gets_a_capital_where_that_is_asked_for()
    {
        RequestHead head = Wire.Request(Request).Head;
        head.Headers.Add("a_b-2c-x"u8, "3"u8);
        head.Headers.NameCase = NameCase.ProperWords;

        Assert.Equal(
            "POST /x HTTP/1.1\r\nHost: a.example\r\nX-Custom-Id: 1\r\nContent-Type: text/plain\r\nX-Lower: 2\r\nA_B-2c-X: 3\r\nContent-Length: 0\r\n\r\n",
            Wire.Write(head));
    }

    [Fact]
    public void The_next_message_starts_anew()
    {
        RequestHead head = Wire.Request(Request, Keeping).Head;

        head.Reset();

        Assert.Equal(NameCase.Lower, head.Headers.NameCase);
    }

    [Fact]
    public void An_answer_is_written_as_it_came()
    {
        var parser = new Http1ResponseParser(Http1Limits.Default) { KeepsNameCase = true };
        var head = new ResponseHead();

        Assert.Equal(ParseResult.Complete, parser.Parse(Wire.Bytes("HTTP/1.1 200 OK\r\nX-Reply-ID: 7\r\nContent-Length: 0\r\n\r\n"), KnownMethod.Get, head, out _));

        Assert.Equal("HTTP/1.1 200 OK\r\nX-Reply-ID: 7\r\nContent-Length: 0\r\n\r\n", Wire.Write(head));
    }
}
