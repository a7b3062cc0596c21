using System.IO.Hashing;

namespace Tidegate.Proxy.Clusters.Balancing;

/// <summary>
/// Maglev (Envoy: <c>MAGLEV</c>): a table of a prime number of places, into which each endpoint puts itself by an order of its own, all in turn, as
/// often as its share says. Spreads more evenly than <see cref="HashRing"/>, and a look-up is one division.
/// </summary>
public sealed class MaglevTable : ConsistentHashTable
{
    private readonly RuntimeEndpoint[] _endpoints;
    private readonly ushort[]? _places;
    private readonly int[]? _widePlaces;

    /// <summary>Makes a table.</summary>
    /// <param name="members">One endpoint at least.</param>
    /// <param name="size">The number of places, a prime.</param>
    public MaglevTable(IReadOnlyList<HashedEndpoint> members, int size)
    {
        // Sorted, so that the order in which a control plane names them makes no difference.
        HashedEndpoint[] sorted = [.. members];
        Array.Sort(sorted, static (one, other) => one.Key.AsSpan().SequenceCompareTo(other.Key));
        _endpoints = Array.ConvertAll(sorted, static member => member.Endpoint);
        int[] places = Fill(sorted, size);
        if (_endpoints.Length <= ushort.MaxValue)
        {
            _places = Array.ConvertAll(places, static place => (ushort)place);
        }
        else
        {
            _widePlaces = places;
        }
    }

    /// <inheritdoc/>
    public override RuntimeEndpoint Choose(ulong hash, int attempt)
    {
        if (attempt > 0)
        {
            hash ^= ulong.MaxValue - (uint)attempt + 1;
        }

        return _places is not null
            ? _endpoints[_places[hash % (uint)_places.Length]]
            : _endpoints[_widePlaces![hash % (uint)_widePlaces.Length]];
    }

    private static int[] Fill(HashedEndpoint[] members, int size)
    {
        int[] places = new int[size];
        Array.Fill(places, -1);
        double largest = members.Max(static member => member.Share);
        var next = new Walk[members.Length];
        for (int i = 0; i < members.Length; i++)
        {
            ulong offset = XxHash64.HashToUInt64(members[i].Key) % (uint)size;
            ulong step = (XxHash64.HashToUInt64(members[i].Key, seed: 1) % (uint)(size - 1)) + 1;
            next[i] = new Walk((int)offset, (int)step, 0);
        }

        int filled = 0;
        for (long round = 1; filled < size; round++)
        {
            for (int i = 0; i < members.Length && filled < size; i++)
            {
                ref Walk walk = ref next[i];
                if (round * members[i].Share < walk.Due)
                {
                    continue;
                }

                walk.Due += largest;
                while (places[walk.Position] >= 0)
                {
                    walk.Advance(size);
                }

                places[walk.Position] = i;
                walk.Advance(size);
                filled++;
            }
        }

        return places;
    }

    // One endpoint's way through the table.
    private struct Walk(int position, int step, double due)
    {
        public int Position = position;
        public double Due = due;

        public void Advance(int size) => Position = (int)(((long)Position + step) % size);
    }
}
