using System.Diagnostics.CodeAnalysis;
using System.Numerics;

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

    public readonly int Capacity => _bytes is null ? 0 : _bytes.Length;

    /// <summary>Copies the value; it may be a part of the present one.</summary>
    public void Set(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(_bytes);
        _length = value.Length;
    }

    /// <summary>Copies the value behind one byte; it may be a part of the present one.</summary>
    public void SetBehind(byte first, ReadOnlySpan<byte> value)
    {
        Reserve(value.Length + 1);
        value.CopyTo(_bytes.AsSpan(1));
        _bytes[0] = first;
        _length = value.Length + 1;
    }

    /// <summary>Copies the value with <c>%XX</c> for every byte from 0x80 on; it may not be a part of the present one.</summary>
    public void SetEscaping(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length * 3);
        int length = 0;
        foreach (byte next in value)
        {
            if (next < 0x80)
            {
                _bytes[length++] = next;
                continue;
            }

            _bytes[length++] = (byte)'%';
            _bytes[length++] = "0123456789ABCDEF"u8[next >> 4];
            _bytes[length++] = "0123456789ABCDEF"u8[next & 15];
        }

        _length = length;
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

    [MemberNotNull(nameof(_bytes))]
    private void Reserve(int length)
    {
        if (_bytes is null || _bytes.Length < length)
        {
            _bytes = new byte[Math.Max(128, (int)BitOperations.RoundUpToPowerOf2((uint)length))];
        }
    }
}
