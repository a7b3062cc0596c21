using System.Buffers;
using System.Text;

namespace Tidegate.Proxy.Formatting;

/// <summary>How a value is written so that it cannot end what it stands in.</summary>
public enum ValueEscaping : byte
{
    /// <summary>As it is: for a header's value, which is checked when it is set.</summary>
    None,

    /// <summary>
    /// For a line of text: a control character, a quote, a backslash and what is no UTF-8 become <c>\x0A</c>, byte by byte.
    /// </summary>
    Text,

    /// <summary>For a string in JSON (RFC 8259 section 7); what is no UTF-8 becomes U+FFFD.</summary>
    Json,
}

/// <summary>Writes values escaped.</summary>
internal static class Escaped
{
    /// <summary>How many bytes one byte becomes at most.</summary>
    public const int MaxGrowth = 6;

    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x5F).Select(static c => (byte)c).Where(static c => c is not ((byte)'"' or (byte)'\\'))]);

    /// <summary>Writes a value; false, with nothing to be relied on written, when there is no room.</summary>
    public static bool TryWrite(ReadOnlySpan<byte> value, ValueEscaping escaping, Span<byte> destination, out int written)
    {
        int plain = escaping == ValueEscaping.None ? -1 : value.IndexOfAnyExcept(Plain);
        if (plain < 0)
        {
            written = value.Length;
            return value.TryCopyTo(destination);
        }

        return TryWriteEscaped(value, escaping, destination, plain, out written);
    }

    private static bool TryWriteEscaped(ReadOnlySpan<byte> value, ValueEscaping escaping, Span<byte> destination, int plain, out int written)
    {
        written = 0;
        while (true)
        {
            // 1. What needs no escape.
            int run = plain < 0 ? value.Length : plain;
            if (!value[..run].TryCopyTo(destination[written..]))
            {
                return false;
            }

            written += run;
            value = value[run..];
            if (value.IsEmpty)
            {
                return true;
            }

            // 2. One character that does, or is not ASCII.
            bool isValid = Rune.DecodeFromUtf8(value, out Rune rune, out int length) == OperationStatus.Done;
            bool isCopied = isValid && rune.Value >= 0xA0;
            int added;
            bool hasRoom = isCopied
                ? TryCopy(value[..length], destination[written..], out added)
                : escaping == ValueEscaping.Json
                    ? TryWriteJson(isValid ? rune.Value : 0xFFFD, destination[written..], out added)
                    : TryWriteHex(value[..length], destination[written..], out added);
            if (!hasRoom)
            {
                return false;
            }

            written += added;
            value = value[length..];
            plain = value.IndexOfAnyExcept(Plain);
        }
    }

    private static bool TryCopy(ReadOnlySpan<byte> bytes, Span<byte> destination, out int written)
    {
        written = bytes.Length;
        return bytes.TryCopyTo(destination);
    }

    private static bool TryWriteHex(ReadOnlySpan<byte> bytes, Span<byte> destination, out int written)
    {
        written = 0;
        foreach (byte b in bytes)
        {
            if (destination.Length - written < 4)
            {
                return false;
            }

            destination[written++] = (byte)'\\';
            destination[written++] = (byte)'x';
            destination[written++] = (byte)HexDigit(b >> 4);
            destination[written++] = (byte)HexDigit(b & 0xF);
        }

        return true;
    }

    private static bool TryWriteJson(int character, Span<byte> destination, out int written)
    {
        byte shortForm = character switch
        {
            '"' or '\\' => (byte)character,
            '\n' => (byte)'n',
            '\r' => (byte)'r',
            '\t' => (byte)'t',
            _ => 0,
        };
        written = shortForm != 0 ? 2 : 6;
        if (destination.Length < written)
        {
            return false;
        }

        destination[0] = (byte)'\\';
        if (shortForm != 0)
        {
            destination[1] = shortForm;
            return true;
        }

        destination[1] = (byte)'u';
        for (int i = 0; i < 4; i++)
        {
            destination[2 + i] = (byte)HexDigit((character >> (12 - (4 * i))) & 0xF);
        }

        return true;
    }

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);
}
