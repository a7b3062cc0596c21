using System.Buffers.Binary;
using System.Text;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>
/// The entries of a descriptor as bytes, so that equal descriptors have equal bytes: each key and each value with its length before it, as values of tokens and
/// queries may have any byte.
/// </summary>
internal static class DescriptorEntries
{
    /// <summary>Appends an entry.</summary>
    public static void Append(ref ByteBuilder entries, scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> value)
    {
        AppendPart(ref entries, key);
        AppendPart(ref entries, value);
    }

    /// <summary>An entry that is always the same.</summary>
    public static byte[] Of(string key, string value)
    {
        var entry = new ByteBuilder(stackalloc byte[256]);
        Append(ref entry, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        byte[] bytes = entry.Written.ToArray();
        entry.Dispose();
        return bytes;
    }

    /// <summary>Takes the next entry off.</summary>
    public static bool TryNext(ref ReadOnlySpan<byte> entries, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        bool isThere = !entries.IsEmpty;
        key = isThere ? NextPart(ref entries) : default;
        value = isThere ? NextPart(ref entries) : default;
        return isThere;
    }

    private static void AppendPart(ref ByteBuilder entries, scoped ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteInt32LittleEndian(entries.GetSpan(sizeof(int)), part.Length);
        entries.Advance(sizeof(int));
        entries.Append(part);
    }

    private static ReadOnlySpan<byte> NextPart(ref ReadOnlySpan<byte> entries)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(entries);
        ReadOnlySpan<byte> part = entries.Slice(sizeof(int), length);
        entries = entries[(sizeof(int) + length)..];
        return part;
    }
}
