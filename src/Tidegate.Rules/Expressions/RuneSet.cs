using System.Text;

namespace Tidegate.Rules.Expressions;

/// <summary>A set of code points: ranges in order that do not touch. Immutable; equal by content.</summary>
public sealed class RuneSet : IEquatable<RuneSet>
{
    private const int FirstWide = 0x80;
    private const int Last = 0x10FFFF;

    /// <summary>All code points.</summary>
    public static readonly RuneSet All = new([(0, Last)]);

    private readonly (int First, int Last)[] _ranges;

    private RuneSet((int First, int Last)[] ranges) => _ranges = ranges;

    /// <summary>The ranges, both ends belonging to them.</summary>
    public IReadOnlyList<(int First, int Last)> Ranges => _ranges;

    /// <summary>How many instructions on bytes RE2 would spend on it, about.</summary>
    public int SizeInBytes
    {
        get
        {
            if (_ranges is [var only] && only.First == only.Last)
            {
                return new Rune(only.First is >= 0xD800 and <= 0xDFFF ? 0xFFFD : only.First).Utf8SequenceLength;
            }

            // One for each range of ASCII, two for each wide one, six for all wide ones together, and what joins them.
            int size = Math.Max(0, _ranges.Length - 1);
            foreach ((int first, int last) in _ranges)
            {
                size += first < FirstWide ? 1 : 0;
                size += last < FirstWide ? 0 : first <= FirstWide && last == Last ? 6 : 2;
            }

            return Math.Max(1, size);
        }
    }

    /// <summary>One code point.</summary>
    public static RuneSet Of(int rune) => new([(rune, rune)]);

    /// <summary>The union of ranges in any order.</summary>
    public static RuneSet Of(IEnumerable<(int First, int Last)> ranges)
    {
        List<(int First, int Last)> merged = [];
        foreach ((int first, int last) in ranges.OrderBy(static range => range.First))
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            }
            else
            {
                merged.Add((first, last));
            }
        }

        return new RuneSet([.. merged]);
    }

    /// <summary>All code points that are not in it.</summary>
    public RuneSet Complement()
    {
        List<(int, int)> others = [];
        int next = 0;
        foreach ((int first, int last) in _ranges)
        {
            if (first > next)
            {
                others.Add((next, first - 1));
            }

            next = last + 1;
        }

        if (next <= Last)
        {
            others.Add((next, Last));
        }

        return new RuneSet([.. others]);
    }

    /// <summary>With every code point that differs from a member in case only.</summary>
    public RuneSet IgnoringCase()
    {
        List<(int, int)> more = [.. _ranges];
        foreach (int[] same in CaseFolding.Groups)
        {
            if (Array.Exists(same, Contains))
            {
                more.AddRange(same.Select(static rune => (rune, rune)));
            }
        }

        return Of(more);
    }

    /// <summary>Whether a code point is in it.</summary>
    public bool Contains(int rune)
    {
        int low = 0;
        int high = _ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (rune < _ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (rune > _ranges[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(RuneSet? other) => other is not null && _ranges.AsSpan().SequenceEqual(other._ranges);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RuneSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach ((int First, int Last) range in _ranges)
        {
            hash.Add(range);
        }

        return hash.ToHashCode();
    }
}
