using System.Buffers.Binary;

namespace Tidegate.Proxy.Clusters.Balancing;

/// <summary>MurmurHash2, 64 bits, with the seed of the GNU C++ library, as <c>std::hash</c> has it there (Envoy: <c>MURMUR_HASH_2</c>).</summary>
internal static class MurmurHash
{
    private const ulong Seed = 0xc70f6907;
    private const ulong Multiplier = 0xc6a4a7935bd1e995;

    /// <summary>The hash of some bytes.</summary>
    public static ulong Hash(ReadOnlySpan<byte> text)
    {
        ulong hash = Seed ^ ((ulong)text.Length * Multiplier);
        while (text.Length >= 8)
        {
            hash = (hash ^ (Mix(BinaryPrimitives.ReadUInt64LittleEndian(text) * Multiplier) * Multiplier)) * Multiplier;
            text = text[8..];
        }

        if (!text.IsEmpty)
        {
            ulong rest = 0;
            for (int i = text.Length - 1; i >= 0; i--)
            {
                rest = (rest << 8) | text[i];
            }

            hash = (hash ^ rest) * Multiplier;
        }

        return Mix(Mix(hash) * Multiplier);
    }

    private static ulong Mix(ulong value) => value ^ (value >> 47);
}
