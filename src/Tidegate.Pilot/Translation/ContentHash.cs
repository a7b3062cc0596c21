using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;

namespace Tidegate.Pilot.Translation;

/// <summary>
/// A hash of a message's content, from which versions are made. Hashes can be combined, so that a route configuration of thousands of
/// virtual hosts need not be serialised again when one of them changed.
/// </summary>
public readonly record struct ContentHash(ulong High, ulong Low)
{
    /// <summary>
    /// The hash of one message. Serialising keeps the order in which map entries were added, and we add them in a fixed order, so equal
    /// messages have equal hashes.
    /// </summary>
    public static ContentHash Of(IMessage message)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message.ToByteArray(), hash);
        return Read(hash);
    }

    /// <summary>The hash of a list of hashes, with that of what holds them.</summary>
    public static ContentHash Combine(ContentHash holder, IReadOnlyList<ContentHash> parts)
    {
        var bytes = new byte[16 * (parts.Count + 1)];
        holder.Write(bytes);
        for (var i = 0; i < parts.Count; i++)
        {
            parts[i].Write(bytes.AsSpan(16 * (i + 1)));
        }
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return Read(hash);
    }

    /// <summary>The version of a resource with this content: 16 hexadecimal digits.</summary>
    public override string ToString() => High.ToString("x16", CultureInfo.InvariantCulture);

    private static ContentHash Read(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64BigEndian(hash),
        BinaryPrimitives.ReadUInt64BigEndian(hash[8..]));

    private void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target, High);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], Low);
    }
}
