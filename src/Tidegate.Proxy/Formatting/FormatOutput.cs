using System.Text.Unicode;
using Tidegate.Net;

namespace Tidegate.Proxy.Formatting;

/// <summary>
/// Where operators write: a buffer of fixed size that notes when it was too small, and cuts each value to a length.
/// </summary>
internal ref struct FormatOutput
{
    private const int MaxStringBytes = 1024;

    private readonly Span<byte> _buffer;
    private readonly int _maxValueBytes;

    public FormatOutput(Span<byte> buffer, ValueEscaping escaping, int maxValueBytes = int.MaxValue)
    {
        _buffer = buffer;
        _maxValueBytes = maxValueBytes;
        Escaping = escaping;
    }

    /// <summary>How values are escaped.</summary>
    public ValueEscaping Escaping { get; }

    /// <summary>Bytes written; may be set back.</summary>
    public int Length { get; set; }

    /// <summary>Whether something did not fit.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Writes what needs no escape.</summary>
    public void Literal(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.TryCopyTo(_buffer[Length..]))
        {
            Length += bytes.Length;
        }
        else
        {
            IsFull = true;
        }
    }

    /// <summary>Writes a value, escaped, its first <paramref name="maxBytes"/> bytes at most.</summary>
    public void Value(scoped ReadOnlySpan<byte> value, int maxBytes = int.MaxValue)
    {
        maxBytes = Math.Min(maxBytes, _maxValueBytes);
        if (value.Length > maxBytes)
        {
            value = Cut(value, maxBytes);
        }

        if (Escaped.TryWrite(value, Escaping, _buffer[Length..], out int written))
        {
            Length += written;
        }
        else
        {
            IsFull = true;
        }
    }

    /// <summary>Writes a value, escaped, its first <paramref name="maxBytes"/> bytes at most, and never more than 1 KiB of it.</summary>
    public void Value(string value, int maxBytes = int.MaxValue)
    {
        Span<byte> utf8 = stackalloc byte[MaxStringBytes];
        Utf8.FromUtf16(value, utf8, out _, out int length);
        Value(utf8[..length], maxBytes);
    }

    /// <summary>Writes a distinguished name (RFC 2253), whose own backslashes stand in a line of text as they are, its first <paramref name="maxBytes"/> bytes at most.</summary>
    public void DistinguishedName(string name, int maxBytes = int.MaxValue)
    {
        Span<byte> utf8 = stackalloc byte[MaxStringBytes];
        Utf8.FromUtf16(name, utf8, out _, out int length);
        maxBytes = Math.Min(maxBytes, _maxValueBytes);
        ReadOnlySpan<byte> rest = length > maxBytes ? Cut(utf8[..length], maxBytes) : utf8[..length];
        while (Escaping == ValueEscaping.Text && rest.IndexOf((byte)'\\') is >= 0 and int next)
        {
            Value(rest[..next]);
            Literal("\\"u8);
            rest = rest[(next + 1)..];
        }

        Value(rest);
    }

    /// <summary>Writes a number.</summary>
    public void Number(long value)
    {
        if (value.TryFormat(_buffer[Length..], out int written, default, null))
        {
            Length += written;
        }
        else
        {
            IsFull = true;
        }
    }

    /// <summary>Writes an address.</summary>
    public void Address(NetAddress address, bool withPort)
    {
        Span<byte> text = stackalloc byte[NetAddress.MaxTextLength];
        Literal(text[..address.TryFormat(text, withPort)]);
    }

    // Not inside a character: at most three bytes of UTF-8 continue one.
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> value, int length)
    {
        int end = length;
        while (end > 0 && length - end < 3 && (value[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return value[..((value[end] & 0xC0) == 0x80 ? length : end)];
    }
}
