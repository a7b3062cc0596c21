using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

/// <summary>Every limit at one below, exactly, and one above (spec edge S15).</summary>
public sealed class LimitTests
{
    private static string RequestOf(int bytes)
    {
        const string Frame = "GET / HTTP/1.1\r\nhost: a\r\nx: \r\n\r\n";
        return Frame.Replace("x: ", "x: " + new string('v', bytes - Frame.Length), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000, 999, true)]
    [InlineData(1000, 1000, true)]
    [InlineData(1000, 1001, false)]
    [InlineData(60 * 1024, (60 * 1024) - 1, true)]
    [InlineData(60 * 1024, 60 * 1024, true)]
    [InlineData(60 * 1024, (60 * 1024) + 1, false)]
    public void A_head_may_have_exactly_its_limit_of_bytes(int limit, int bytes, bool isAccepted)
    {
        RequestOutcome outcome = Wire.Request(RequestOf(bytes), new Http1Limits { MaxHeaderBytes = limit });
        if (isAccepted)
        {
            outcome.IsAccepted();
            return;
        }

        outcome.IsRefused(Http1ErrorCode.HeadersTooLarge, 431);
        Assert.Equal(
            ("http1.headers_too_large", "Request Header Fields Too Large", true),
            (outcome.Error.Detail, Wire.Text(outcome.Error.Body), outcome.Error.IsDownstreamProtocolError));
    }

    [Theory]
    [InlineData(0, Http1ErrorCode.MethodTooLong, 501)]
    [InlineData(3, Http1ErrorCode.RequestLineTooLong, 414)]
    public void What_is_too_long_of_a_request_line_says_which_part_of_it_is(int methodLength, Http1ErrorCode code, int status)
    {
        // RFC 9112, section 3: 501 for a method, 414 for a target.
        string line = methodLength == 0 ? new string('A', 9000) : string.Concat(new string('A', methodLength), " /", new string('a', 9000));

        Wire.Request(line, new Http1Limits { MaxRequestLineBytes = 8000 }).IsRefused(code, status);
    }

    [Fact]
    public void Small_fields_add_up()
    {
        string fields = string.Concat(Enumerable.Repeat("a: b\r\n", 90));
        int bytes = "GET / HTTP/1.1\r\nhost: a\r\n\r\n".Length + fields.Length;
        Wire.Request($"GET / HTTP/1.1\r\nhost: a\r\n{fields}\r\n", new Http1Limits { MaxHeaderBytes = bytes }).IsAccepted();
        Wire.Request($"GET / HTTP/1.1\r\nhost: a\r\n{fields}\r\n", new Http1Limits { MaxHeaderBytes = bytes - 1 }).IsRefused(Http1ErrorCode.HeadersTooLarge, 431);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nhost: a\r\nx: ", Http1ErrorCode.HeadersTooLarge, 431)]
    [InlineData("GET / HTTP/1.1\r\nhost: a\r\n", Http1ErrorCode.HeadersTooLarge, 431)]
    [InlineData("GET /", Http1ErrorCode.HeadersTooLarge, 431)]
    [InlineData("", Http1ErrorCode.MethodTooLong, 501)]
    public void A_line_without_end_is_refused_as_soon_as_the_limit_is_reached(string start, Http1ErrorCode code, int status)
    {
        Http1Limits limits = new() { MaxHeaderBytes = 500 };
        Assert.Equal(ParseResult.NeedMore, Wire.Request(start + new string('x', 499 - start.Length), limits).Result);
        Wire.Request(start + new string('x', 500 - start.Length), limits).IsRefused(code, status);
    }

    [Fact]
    public void White_space_in_front_of_a_value_counts()
    {
        Http1Limits limits = new() { MaxHeaderBytes = 500 };
        Wire.Request($"GET / HTTP/1.1\r\nhost: a\r\nx:{new string(' ', 500)}", limits).IsRefused(Http1ErrorCode.HeadersTooLarge, 431);
    }

    [Theory]
    [InlineData(99, true)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void A_head_may_have_exactly_100_field_lines_Host_included(int count, bool isAccepted)
    {
        RequestOutcome outcome = Wire.Request($"GET / HTTP/1.1\r\nhost: a\r\n{string.Concat(Enumerable.Repeat("a: b\r\n", count - 1))}\r\n");
        if (isAccepted)
        {
            Assert.Equal(count - 1, outcome.IsAccepted().Headers.Count);
            return;
        }

        outcome.IsRefused(Http1ErrorCode.TooManyHeaders, 431);
        Assert.Equal("http1.too_many_headers", outcome.Error.Detail);
    }

    [Theory]
    [InlineData(199, true)]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void A_request_line_may_have_exactly_its_limit(int length, bool isAccepted)
    {
        string line = $"GET /{new string('p', length - "GET / HTTP/1.1".Length)} HTTP/1.1";
        Assert.Equal(length, line.Length);
        RequestOutcome outcome = Wire.Request(line + "\r\nhost: a\r\n\r\n", new Http1Limits { MaxRequestLineBytes = 200 });
        if (isAccepted)
        {
            outcome.IsAccepted();
            return;
        }

        outcome.IsRefused(Http1ErrorCode.RequestLineTooLong, 414);
        Assert.Equal("URI Too Long", Wire.Text(outcome.Error.Body));
    }

    [Fact]
    public void Without_a_limit_of_its_own_a_long_request_line_is_431_as_with_Envoy() =>
        Wire.Request($"GET /{new string('p', 61 * 1024)} HTTP/1.1\r\nhost: a\r\n\r\n").IsRefused(Http1ErrorCode.HeadersTooLarge, 431);

    [Fact]
    public void A_request_line_of_8000_bytes_is_served() => Wire.Request($"GET /{new string('p', 8000)} HTTP/1.1\r\nhost: a\r\n\r\n").IsAccepted();

    [Fact]
    public void The_largest_limits_work()
    {
        Http1Limits limits = new() { MaxHeaderBytes = int.MaxValue, MaxHeaderCount = int.MaxValue, MaxRequestLineBytes = int.MaxValue };
        Wire.Request(RequestOf(100_000), limits).IsAccepted();
        Wire.Request(new string('x', 100_000) + "\r\n", limits).IsRefused(Http1ErrorCode.InvalidRequestLine);
    }

    [Fact]
    public void A_response_head_has_the_same_limits()
    {
        Http1Limits limits = new() { MaxHeaderBytes = 200, MaxHeaderCount = 3 };
        Wire.Response($"HTTP/1.1 200 OK\r\nx: {new string('v', 200)}\r\n\r\n", limits: limits).IsRefused(Http1ErrorCode.HeadersTooLarge);
        Wire.Response($"HTTP/1.1 200 {new string('v', 200)}", limits: limits).IsRefused(Http1ErrorCode.HeadersTooLarge);
        Wire.Response("HTTP/1.1 200 OK\r\na: b\r\na: b\r\na: b\r\n\r\n", limits: limits).IsAccepted();
        Wire.Response("HTTP/1.1 200 OK\r\na: b\r\na: b\r\na: b\r\na: b\r\n\r\n", limits: limits).IsRefused(Http1ErrorCode.TooManyHeaders);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_chunk_line_may_have_exactly_its_limit(int length, bool isAccepted)
    {
        Http1Limits limits = new() { MaxChunkLineBytes = 64 };
        string[] lines = ["1;" + new string('e', length - 2), new string('0', length - 1) + "1", "1" + new string(' ', length - 2) + ";"];
        foreach (string line in lines)
        {
            BodyOutcome outcome = Wire.Chunked($"{line}\r\nx\r\n0\r\n\r\n", limits);
            if (isAccepted)
            {
                outcome.IsComplete("x");
            }
            else
            {
                outcome.IsRefused(Http1ErrorCode.ChunkLineTooLong);
            }
        }
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void The_chunk_extensions_of_a_message_add_up(int bytes, bool isAccepted)
    {
        string first = string.Concat(Enumerable.Repeat("1;234567890\r\nx\r\n", 9));
        BodyOutcome outcome = Wire.Chunked($"{first}1;{new string('e', bytes - 91)}\r\nx\r\n0\r\n\r\n", new Http1Limits { MaxChunkExtensionBytesPerMessage = 100 });
        if (isAccepted)
        {
            outcome.IsComplete("xxxxxxxxxx");
        }
        else
        {
            outcome.IsRefused(Http1ErrorCode.ChunkExtensionsTooLong);
        }
    }

    [Theory]
    [InlineData(50, true)]
    [InlineData(51, false)]
    public void A_trailer_section_may_have_exactly_its_limit(int bytes, bool isAccepted)
    {
        BodyOutcome outcome = Wire.Chunked($"0\r\nx: {new string('v', bytes - "x: \r\n\r\n".Length)}\r\n\r\n", new Http1Limits { MaxTrailerBytes = 50 });
        if (isAccepted)
        {
            outcome.IsComplete("");
            return;
        }

        outcome.IsRefused(Http1ErrorCode.TrailersTooLarge);
        Assert.Equal(431, outcome.Error.Status);
    }

    [Theory]
    [InlineData(32, true)]
    [InlineData(33, false)]
    public void A_trailer_section_may_have_32_fields(int count, bool isAccepted)
    {
        BodyOutcome outcome = Wire.Chunked($"0\r\n{string.Concat(Enumerable.Repeat("a: b\r\n", count))}\r\n");
        if (isAccepted)
        {
            outcome.IsComplete("");
            return;
        }

        outcome.IsRefused(Http1ErrorCode.TooManyTrailers);
    }
}
