using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.LocalReplies;

/// <summary>How the body of an answer of our own is made (Envoy: <c>SubstitutionFormatString</c>). Immutable.</summary>
internal sealed class LocalReplyBody
{
    private readonly TextFormat? _text;
    private readonly JsonFormat? _json;

    private LocalReplyBody(TextFormat? text, JsonFormat? json, string contentType)
    {
        _text = text;
        _json = json;
        ContentType = System.Text.Encoding.UTF8.GetBytes(contentType);
    }

    /// <summary>The type of what it makes.</summary>
    public byte[] ContentType { get; }

    /// <summary>A body of text.</summary>
    public static LocalReplyBody OfText(TextFormat format, string contentType) => new(format, null, contentType.Length > 0 ? contentType : "text/plain");

    /// <summary>A body of JSON, which ends with a line feed as in Envoy.</summary>
    public static LocalReplyBody OfJson(JsonFormat format, string contentType) => new(null, format, contentType.Length > 0 ? contentType : "application/json");

    /// <summary>Writes the body; its length, or -1 when it does not fit.</summary>
    public int Write(HttpExchange exchange, Span<byte> destination)
    {
        if (_text is not null)
        {
            return _text.Format(exchange, destination);
        }

        int length = _json!.Format(exchange, destination);
        if (length < 0 || length == destination.Length)
        {
            return -1;
        }

        destination[length] = (byte)'\n';
        return length + 1;
    }
}
