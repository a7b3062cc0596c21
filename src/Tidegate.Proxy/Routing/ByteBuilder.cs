using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Tidegate.Proxy.Routing;

/// <summary>Puts bytes together on the stack, and in a pooled array when they do not fit there. To be disposed of in the method that made it.</summary>
internal ref struct ByteBuilder
{
    private Span<byte> _bytes;
    private byte[]? _rented;

    /// <summary>A builder that starts in the given memory.</summary>
    public ByteBuilder(Span<byte> initial)
    {
        _bytes = initial;
        Length = 0;
    }

    /// <summary>How many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>What was appended; valid until the next append.</summary>
    public readonly ReadOnlySpan<byte> Written => _bytes[..Length];

    /// <summary>Appends bytes.</summary>
    public void Append(scoped ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(_bytes[Length..]);
        Length += value.Length;
    }

    /// <summary>Appends one byte.</summary>
    public void Append(byte value)
    {
        Reserve(1);
        _bytes[Length++] = value;
    }

    /// <summary>Puts one byte before what stands at a position.</summary>
    public void Insert(int position, byte value)
    {
        Reserve(1);
        _bytes[position..Length].CopyTo(_bytes[(position + 1)..]);
        _bytes[position] = value;
        Length++;
    }

    /// <summary>Appends a number in decimal.</summary>
    public void Append(long value)
    {
        Reserve(20);
        Utf8Formatter.TryFormat(value, _bytes[Length..], out int written);
        Length += written;
    }

    /// <summary>Appends text as UTF-8.</summary>
    public void AppendUtf8(scoped ReadOnlySpan<char> text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        Length += Encoding.UTF8.GetBytes(text, _bytes[Length..]);
    }

    /// <summary>Room for at least so many bytes behind what was appended; <see cref="Advance"/> says how many were written there.</summary>
    public Span<byte> GetSpan(int count)
    {
        Reserve(count);
        return _bytes[Length..];
    }

    /// <summary>Counts bytes that were written to <see cref="GetSpan"/>.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>Drops what stands behind a length.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Gives pooled memory back.</summary>
    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - Length >= count)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + count, _bytes.Length * 2));
        Written.CopyTo(larger);
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }

        _rented = larger;
        _bytes = larger;
    }
}
