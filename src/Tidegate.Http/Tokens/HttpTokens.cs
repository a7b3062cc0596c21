using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidegate.Http.Tokens;

/// <summary>The character classes of RFC 9110 section 5.6 and RFC 3986, as vectorised searches, and ASCII case folding.</summary>
public static class HttpTokens
{
    /// <summary>tchar of RFC 9110 section 5.6.2: what a method or a field name is made of.</summary>
    internal static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>What may not stand in a field value (RFC 9110 section 5.5): every control character but the tab, and DEL.</summary>
    internal static readonly SearchValues<byte> ControlBytesExceptTab = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127]);

    /// <summary>Whether the bytes are a token: not empty, and all of them tchar.</summary>
    public static bool IsToken(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.ContainsAnyExcept(TokenBytes);

    /// <summary>
    /// Whether the bytes can be a field's value: no control character but the tab. Bytes from 0x80 on (obs-text) are allowed; an empty value is.
    /// </summary>
    public static bool IsFieldValue(ReadOnlySpan<byte> value) => !value.ContainsAny(ControlBytesExceptTab);

    /// <summary>Whether the bytes can be a request target that we send: not empty, visible ASCII only (RFC 9112 section 3.2).</summary>
    public static bool IsRequestTarget(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E);

    /// <summary>The value without the spaces and tabs around it (OWS, RFC 9110 section 5.6.3).</summary>
    public static ReadOnlySpan<byte> TrimWhiteSpace(ReadOnlySpan<byte> value)
    {
        while (!value.IsEmpty && value[0] is (byte)' ' or (byte)'\t')
        {
            value = value[1..];
        }

        while (!value.IsEmpty && value[^1] is (byte)' ' or (byte)'\t')
        {
            value = value[..^1];
        }

        return value;
    }

    /// <summary>Takes the next element, possibly empty, off a comma-separated list (RFC 9110 section 5.6.1), without the white space around it; false when nothing is left.</summary>
    public static bool NextElement(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> element)
    {
        if (rest.IsEmpty)
        {
            element = default;
            return false;
        }

        int comma = rest.IndexOf((byte)',');
        element = TrimWhiteSpace(comma < 0 ? rest : rest[..comma]);
        rest = comma < 0 ? default : rest[(comma + 1)..];
        return true;
    }

    /// <summary>Whether both are the same but for the case of ASCII letters.</summary>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (int i = 0; i < left.Length; i++)
        {
            if (left[i] != right[i] && ToLower(left[i]) != ToLower(right[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Copies ASCII bytes with the letters in lower case; bytes from 0x80 on are copied as they are.</summary>
    /// <param name="source">What to copy; may be the destination itself.</param>
    /// <param name="destination">At least as long as the source.</param>
    public static void ToLower(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int length = source.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, length);
        ref byte from = ref MemoryMarshal.GetReference(source);
        ref byte to = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, i));
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, i), ToLower(word));
        }

        for (; i < length; i++)
        {
            Unsafe.Add(ref to, i) = ToLower(Unsafe.Add(ref from, i));
        }
    }

    /// <summary>The byte with an ASCII letter in lower case.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte ToLower(byte value) => (uint)(value - 'A') <= 'Z' - 'A' ? (byte)(value | 0x20) : value;

    /// <summary>Eight bytes at once: sets bit 5 of every byte that is in A to Z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong ToLower(ulong word)
    {
        const ulong High = 0x8080808080808080;
        ulong seven = word & ~High;
        ulong fromA = seven + 0x3F3F3F3F3F3F3F3F;
        ulong afterZ = seven + 0x2525252525252525;
        return word | (((fromA & ~afterZ & ~word) & High) >> 2);
    }
}
