using System.Runtime.CompilerServices;

namespace Tidegate.Http.Headers;

/// <summary>A set of known headers as 128 bits. Build it once (<see cref="Of"/>), keep it in a static field, test it for free.</summary>
public readonly struct KnownHeaderSet : IEquatable<KnownHeaderSet>
{
    private readonly ulong _low;
    private readonly ulong _high;

    private KnownHeaderSet(ulong low, ulong high)
    {
        _low = low;
        _high = high;
    }

    /// <summary>True when no header is in the set.</summary>
    public bool IsEmpty => (_low | _high) == 0;

    /// <summary>The set of the given headers; <see cref="KnownHeader.None"/> is ignored.</summary>
    public static KnownHeaderSet Of(params ReadOnlySpan<KnownHeader> headers)
    {
        KnownHeaderSet set = default;
        foreach (KnownHeader header in headers)
        {
            set = set.With(header);
        }

        return set;
    }

    /// <summary>Whether the header is in the set; never for <see cref="KnownHeader.None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(KnownHeader header)
    {
        ulong word = ((int)header & 64) == 0 ? _low : _high;
        return ((word >> (int)header) & 1) != 0;
    }

    /// <summary>The set with that header as well.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KnownHeaderSet With(KnownHeader header)
    {
        ulong bit = header == KnownHeader.None ? 0UL : 1UL << (int)header;
        return ((int)header & 64) == 0 ? new(_low | bit, _high) : new(_low, _high | bit);
    }

    /// <summary>The set without that header.</summary>
    public KnownHeaderSet Without(KnownHeader header)
    {
        ulong bit = 1UL << (int)header;
        return ((int)header & 64) == 0 ? new(_low & ~bit, _high) : new(_low, _high & ~bit);
    }

    /// <summary>What is in either set.</summary>
    public KnownHeaderSet Union(KnownHeaderSet other) => new(_low | other._low, _high | other._high);

    /// <summary>What is in this set and not in the other.</summary>
    public KnownHeaderSet Except(KnownHeaderSet other) => new(_low & ~other._low, _high & ~other._high);

    /// <summary>Whether the sets have a header in common.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Overlaps(KnownHeaderSet other) => ((_low & other._low) | (_high & other._high)) != 0;

    /// <inheritdoc/>
    public bool Equals(KnownHeaderSet other) => _low == other._low && _high == other._high;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KnownHeaderSet other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_low, _high);

    /// <summary>Whether both sets hold the same headers.</summary>
    public static bool operator ==(KnownHeaderSet left, KnownHeaderSet right) => left.Equals(right);

    /// <summary>Whether the sets differ.</summary>
    public static bool operator !=(KnownHeaderSet left, KnownHeaderSet right) => !left.Equals(right);
}
