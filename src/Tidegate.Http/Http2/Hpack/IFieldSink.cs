using Tidegate.Http.Headers;

namespace Tidegate.Http.Http2.Hpack;

/// <summary>What takes the fields of a block, in their order.</summary>
public interface IFieldSink
{
    /// <summary>A field, nothing of it checked.</summary>
    /// <param name="known">Which known header the name is; <see cref="KnownHeader.None"/> for pseudo-header fields and all others.</param>
    /// <param name="name">The name as it came, pseudo-header fields with their colon; valid during the call.</param>
    /// <param name="value">The value as it came; valid during the call.</param>
    void OnField(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value);
}
