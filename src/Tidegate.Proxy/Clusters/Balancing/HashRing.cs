using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Tidegate.Proxy.Clusters.Balancing;

/// <summary>
/// Ketama (Envoy: <c>RING_HASH</c>): each endpoint has as many places on a ring of hashes as its share asks for, at the hashes of
/// <c>KEY_0</c>, <c>KEY_1</c>, ...; a request goes to the first place at its hash or after it.
/// The number of an endpoint's places does not depend on the others while there are few: if it did, as with a ring of constant size, requests
/// of the endpoints that stay would move as well when one goes.
/// </summary>
public sealed class HashRing : ConsistentHashTable
{
    // Beyond so many times its least size, a ring grows no more: with that many endpoints, a few places more or less for each move little.
    private const double LargestGrowth = 16;

    private readonly ulong[] _hashes;
    private readonly RuntimeEndpoint[] _endpoints;

    /// <summary>Makes a ring.</summary>
    /// <param name="members">One endpoint at least.</param>
    /// <param name="options">Its size and hash function.</param>
    public HashRing(IReadOnlyList<HashedEndpoint> members, RingHashOptions options)
    {
        // As many places as give the smallest share a whole number of them, but no more than allowed.
        double smallest = members.Min(static member => member.Share);
        double wantedSize = Math.Clamp(options.MinimumSize / (2 * smallest), options.MinimumSize, LargestGrowth * options.MinimumSize);
        double scale = Math.Min(Math.Ceiling(smallest * wantedSize) / smallest, options.MaximumSize);
        int size = (int)Math.Ceiling(scale);
        List<ulong> hashes = new(size);
        List<RuntimeEndpoint> endpoints = new(size);
        double wanted = 0;
        foreach (HashedEndpoint member in members)
        {
            byte[] text = new byte[member.Key.Length + 12];
            member.Key.CopyTo(text, 0);
            text[member.Key.Length] = (byte)'_';
            wanted += scale * member.Share;
            for (int i = 0; hashes.Count < wanted; i++)
            {
                int length = member.Key.Length + 1 + Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture), text.AsSpan(member.Key.Length + 1));
                hashes.Add(Hash(text.AsSpan(0, length), options.Function));
                endpoints.Add(member.Endpoint);
            }
        }

        _hashes = [.. hashes];
        _endpoints = [.. endpoints];
        Array.Sort(_hashes, _endpoints);
    }

    /// <summary>Places on the ring.</summary>
    public int Size => _hashes.Length;

    /// <inheritdoc/>
    public override RuntimeEndpoint Choose(ulong hash, int attempt)
    {
        int position = Array.BinarySearch(_hashes, hash);
        if (position < 0)
        {
            position = ~position;
        }

        return _endpoints[(int)((position + (uint)attempt) % (uint)_endpoints.Length)];
    }

    private static ulong Hash(ReadOnlySpan<byte> text, RingHashFunction function) =>
        function == RingHashFunction.Murmur2 ? MurmurHash.Hash(text) : XxHash64.HashToUInt64(text);
}
