using System.Text.RegularExpressions;
using Tidegate.Http.Headers;
using Tidegate.Http.Http1;
using Tidegate.Http.Tests.Http1;

namespace Tidegate.Http.Tests.Fuzzing;

/// <summary>Reads what the writer makes of a head with other means than our parser, and finds nothing that could be read in two ways (spec edge rule 1).</summary>
internal static partial class SentRequest
{
    public static void IsUnambiguous(RequestHead head)
    {
        string text = Wire.Write(head);
        Assert.EndsWith("\r\n\r\n", text, StringComparison.Ordinal);
        string[] lines = text[..^4].Split("\r\n");
        Assert.Matches(StartLine(), lines[0]);
        Assert.StartsWith("host: ", lines[1], StringComparison.Ordinal);
        AssertFields(lines[1..]);
        Assert.Single(lines, line => line.StartsWith("host:", StringComparison.Ordinal));
        int framingFields = lines.Count(line => FramingField().IsMatch(line));
        Assert.Equal(head.Framing == MessageFraming.None ? framingFields : 1, framingFields);
        Assert.InRange(framingFields, 0, 1);

        // What was written is read again as the same, but for what is of one connection only.
        RequestHead again = Wire.Request(text, new Http1Limits { MaxHeaderBytes = 100_000, MaxHeaderCount = 200 }).IsAccepted();
        Assert.Equal(Essence(head), Essence(again));
        Assert.Equal(text, Wire.Write(again));
    }

    /// <summary>Every line is a lower-case token, a colon, a space, and a value without control characters.</summary>
    public static void AssertFields(string[] lines) => Assert.All(lines, line => Assert.Matches(Field(), line));

    /// <summary>Content-Length or Transfer-Encoding in the only forms that we send.</summary>
    [GeneratedRegex("^(content-length: [0-9]+|transfer-encoding: chunked)$")]
    public static partial Regex FramingField();

    private static string Essence(RequestHead head)
    {
        RequestHead copy = new();
        head.CopyTo(copy);
        copy.Version = HttpVersion.Http11;
        copy.SetScheme("http"u8);
        copy.KeepAlive = true;
        if (copy.Framing == MessageFraming.None)
        {
            copy.Framing = MessageFraming.ContentLength;
            copy.ContentLength = 0;
        }

        copy.ExpectsContinue = false;
        Remove(copy.Headers);
        return Wire.Show(copy);
    }

    internal static void Remove(HeaderMap headers) => headers.RemoveWhere(KnownHeaderSet.Of(
        KnownHeader.Connection, KnownHeader.KeepAlive, KnownHeader.ProxyConnection, KnownHeader.ContentLength, KnownHeader.TransferEncoding, KnownHeader.Upgrade,
        KnownHeader.Http2Settings, KnownHeader.Host));

    [GeneratedRegex("^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e]+ HTTP/1\\.1$")]
    private static partial Regex StartLine();

    [GeneratedRegex("^[!#$%&'*+.^_`|~0-9a-z-]+: [^\\x00-\\x08\\x0a-\\x1f\\x7f]*$")]
    private static partial Regex Field();
}
