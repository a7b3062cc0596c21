using Tidegate.Http.Http1;
using Tidegate.Http.Tests.Http1;

namespace Tidegate.Http.Tests.Fuzzing;

/// <summary>The counterpart of <see cref="SentRequest"/> for responses.</summary>
internal static class SentResponse
{
    public static void IsUnambiguous(ResponseHead head, KnownMethod method)
    {
        string text = Wire.Write(head);
        Assert.EndsWith("\r\n\r\n", text, StringComparison.Ordinal);
        string[] lines = text[..^4].Split("\r\n");
        Assert.Matches("^HTTP/1\\.1 [1-9][0-9][0-9] [A-Za-z -]+$", lines[0]);
        SentRequest.AssertFields(lines[1..]);
        int framingFields = lines.Count(line => SentRequest.FramingField().IsMatch(line));
        bool isUntilClose = head.Framing == MessageFraming.UntilClose;
        bool hasBody = head.Framing != MessageFraming.None && !isUntilClose;
        Assert.InRange(framingFields, hasBody ? 1 : 0, isUntilClose ? 0 : 1);
        Assert.InRange(lines.Count(line => line.StartsWith("connection:", StringComparison.Ordinal)), isUntilClose ? 1 : 0, head.HasUpgrade ? 2 : 1);

        ResponseHead again = Wire.Response(text, method, new Http1Limits { MaxHeaderBytes = 100_000, MaxHeaderCount = 200 }).IsAccepted();
        Assert.Equal(Essence(head), Essence(again));
        Assert.Equal(text, Wire.Write(again));
    }

    private static string Essence(ResponseHead head)
    {
        ResponseHead copy = new();
        head.CopyTo(copy);
        copy.Version = HttpVersion.Http11;
        if (copy is { IsInterim: true })
        {
            copy.KeepAlive = true;
        }

        SentRequest.Remove(copy.Headers);
        return Wire.Show(copy);
    }
}
