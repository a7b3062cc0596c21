namespace Tidegate.Http;

/// <summary>A reusable byte string: setting it copies, and allocates only when it was never that long before.</summary>
internal struct GrowableBytes
{
    private const int MaxRetainedBytes = 16 * 1024;

    private byte[]? _bytes;
    private int _length;

    public readonly ReadOnlySpan<byte> Span => new(_bytes, 0, _length);

    public readonly Span<byte> Writable => new(_bytes, 0, _length);

    public readonly int Length => _length;

    /// <summary>Copies the value; it may be a part of the present one.</summary>
    public void Set(ReadOnlySpan<byte> value)
    {
        if (_bytes is null || _bytes.Length < value.Length)
        {
            _bytes = new byte[Math.Max(128, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)value.Length))];
        }

        value.CopyTo(_bytes);
        _length = value.Length;
    }

    public void Truncate(int length) => _length = length;

    public void Clear()
    {
        _length = 0;
        if (_bytes is { Length: > MaxRetainedBytes })
        {
            _bytes = null;
        }
    }
}
