namespace Tidegate.Http.Http2.Messages;

/// <summary>Counts the fields of a list, as they are when decoded, against their limits.</summary>
internal struct FieldBudget(Http2Limits limits)
{
    /// <summary>What a field counts for beside its name and value (RFC 9113 section 6.5.2).</summary>
    public const int FieldOverhead = 32;

    private int _count;
    private int _bytes;

    /// <summary>Counts a field.</summary>
    /// <returns>Which limit it is over, or none.</returns>
    public Http2Fault Add(int nameLength, int valueLength)
    {
        _count++;
        _bytes += nameLength + valueLength + FieldOverhead;
        return _count > limits.MaxHeaderCount ? Http2Fault.TooManyHeaders : _bytes > limits.MaxHeaderListBytes ? Http2Fault.HeadersTooLarge : Http2Fault.None;
    }
}
