namespace Tidegate.Rules.Expressions;

/// <summary>What holds between two characters, without taking one.</summary>
public enum Re2Assertion : byte
{
    /// <summary><c>\A</c>, and <c>^</c> without the flag <c>m</c>.</summary>
    TextBegins,

    /// <summary><c>\z</c>, and <c>$</c> without the flag <c>m</c>.</summary>
    TextEnds,

    /// <summary><c>^</c> with the flag <c>m</c>.</summary>
    LineBegins,

    /// <summary><c>$</c> with the flag <c>m</c>.</summary>
    LineEnds,

    /// <summary><c>\b</c>: a letter, digit or underscore of ASCII on one side only.</summary>
    WordBoundary,

    /// <summary><c>\B</c>.</summary>
    NoWordBoundary,
}

/// <summary>A part of an expression.</summary>
/// <param name="Size">How many instructions RE2's program has for it, about.</param>
/// <param name="Repetition">How often a part of it is repeated by counts that lie within each other, at most.</param>
internal abstract record Re2Node(long Size, long Repetition = 1);

/// <summary>One character of a set.</summary>
internal sealed record Re2Character(RuneSet Set) : Re2Node(Set.SizeInBytes);

/// <summary>A condition on the place.</summary>
internal sealed record Re2Condition(Re2Assertion Assertion) : Re2Node(1);

/// <summary>Parts one behind the other; none is the empty text.</summary>
internal sealed record Re2Sequence(IReadOnlyList<Re2Node> Parts) : Re2Node(Math.Max(1, Parts.Sum(static part => part.Size)), Re2Sequence.Most(Parts))
{
    /// <summary>The greatest repetition among parts.</summary>
    public static long Most(IReadOnlyList<Re2Node> parts) => parts.Count == 0 ? 1 : parts.Max(static part => part.Repetition);
}

/// <summary>One of several parts, the first that fits.</summary>
internal sealed record Re2Choice(IReadOnlyList<Re2Node> Parts) : Re2Node(Parts.Sum(static part => part.Size) + Parts.Count - 1, Re2Sequence.Most(Parts));

/// <summary>A part whose place is remembered.</summary>
internal sealed record Re2Group(Re2Node Inner, int Index) : Re2Node(Inner.Size + 2, Inner.Repetition);

/// <summary>A part several times; without an upper end when <paramref name="Max"/> is negative.</summary>
internal sealed record Re2Repeat(Re2Node Inner, int Min, int Max, bool IsLazy) : Re2Node(SizeOf(Inner, Min, Max), Inner.Repetition)
{
    private static long SizeOf(Re2Node inner, int min, int max) =>
        max < 0 ? (Math.Max(min, 1) * inner.Size) + 1 : (min * inner.Size) + ((max - min) * (inner.Size + 1));
}
