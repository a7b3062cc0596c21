using Tidegate.Proxy.Fields;

namespace Tidegate.Proxy.LocalReplies;

/// <summary>What a client gets of an answer of our own: as the gateway means it, or as its rules have made it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body; empty for none. Valid until the exchange is over.</param>
/// <param name="ContentType">The type of the body.</param>
/// <param name="Headers">What is done to the fields, after what the route does.</param>
internal readonly record struct LocalAnswer(int Status, ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> ContentType, HeaderMutations Headers)
{
    private static readonly byte[] PlainText = "text/plain"u8.ToArray();

    /// <summary>An answer that nothing has changed.</summary>
    public static LocalAnswer Of(int status, ReadOnlyMemory<byte> body) => new(status, body, PlainText, HeaderMutations.None);
}
