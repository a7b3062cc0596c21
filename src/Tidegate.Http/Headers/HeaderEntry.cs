namespace Tidegate.Http.Headers;

/// <summary>One field of a <see cref="HeaderMap"/>; the spans are valid until the map is next changed.</summary>
public readonly ref struct HeaderEntry
{
    internal HeaderEntry(KnownHeader known, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Known = known;
        Name = name;
        Value = value;
    }

    /// <summary>Which known header it is, or <see cref="KnownHeader.None"/>.</summary>
    public KnownHeader Known { get; }

    /// <summary>The lower-case name.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The value, without white space around it when it was parsed.</summary>
    public ReadOnlySpan<byte> Value { get; }
}
