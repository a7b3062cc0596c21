using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Tidegate.Proxy.Filters;

/// <summary>A digest of something secret (SHA-256): what is kept of it is found by its digest, so that it has not to be kept itself.</summary>
internal readonly record struct ContentDigest(UInt128 High, UInt128 Low)
{
    /// <summary>The digest of some bytes.</summary>
    public static ContentDigest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return new ContentDigest(BinaryPrimitives.ReadUInt128LittleEndian(hash), BinaryPrimitives.ReadUInt128LittleEndian(hash[16..]));
    }

    /// <summary>Says nothing of what it is a digest of.</summary>
    public override string ToString() => nameof(ContentDigest);
}

/// <summary>
/// What was found out about something not long ago, by its digest. Of fixed size: what is new takes the place of something else where there is no room. Owned by one worker.
/// </summary>
internal sealed class DigestCache<T>
    where T : class
{
    // One place is one of as many; the others are others'.
    private const int Ways = 4;

    private readonly Entry[] _entries;
    private readonly int _setMask;
    private uint _turn;

    /// <param name="capacity">How much is kept at most.</param>
    public DigestCache(int capacity)
    {
        int sets = capacity < Ways ? 0 : 1 << int.Log2(capacity / Ways);
        _entries = new Entry[sets * Ways];
        _setMask = sets - 1;
    }

    /// <summary>What is kept under a digest and is meant; null when nothing is.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="state">What <paramref name="isMeant"/> needs to tell.</param>
    /// <param name="isMeant">Whether it is meant.</param>
    public T? Find<TState>(in ContentDigest digest, TState state, Func<T, TState, bool> isMeant)
    {
        foreach (ref readonly Entry entry in SetOf(digest))
        {
            if (entry.Digest == digest && entry.Value is { } value && isMeant(value, state))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Keeps something, in the place of what it replaces, or of anything where there is no room.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="value">What is kept.</param>
    /// <param name="replaces">Whether of the same digest something is replaced by it: first that, then the new one.</param>
    public void Add(in ContentDigest digest, T value, Func<T, T, bool> replaces)
    {
        Span<Entry> set = SetOf(digest);
        if (set.IsEmpty)
        {
            return;
        }

        int place = -1;
        for (int i = 0; i < set.Length; i++)
        {
            if (set[i].Value is not { } other)
            {
                place = place < 0 ? i : place;
            }
            else if (set[i].Digest == digest && replaces(other, value))
            {
                place = i;
                break;
            }
        }

        set[place >= 0 ? place : (int)(_turn++ % Ways)] = new Entry(digest, value);
    }

    /// <summary>Forgets all that is kept under a digest.</summary>
    public void Remove(in ContentDigest digest)
    {
        foreach (ref Entry entry in SetOf(digest))
        {
            if (entry.Digest == digest)
            {
                entry = default;
            }
        }
    }

    private Span<Entry> SetOf(in ContentDigest digest) =>
        _entries.Length == 0 ? default : _entries.AsSpan(((int)(uint)digest.Low & _setMask) * Ways, Ways);

    private readonly record struct Entry(ContentDigest Digest, T? Value);
}
