using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Hpack;

namespace Tidegate.Http.Http2.Messages;

/// <summary>Takes the fields of a block that nobody wants, and that is decoded all the same for the sake of the dynamic table.</summary>
internal readonly struct IgnoredFields : IFieldSink
{
    /// <inheritdoc/>
    public void OnField(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
    }
}
