namespace Tidegate.Rules.Expressions;

/// <summary>What an instruction of a <see cref="Re2Program"/> does.</summary>
public enum Re2Operation : byte
{
    /// <summary>The expression fits.</summary>
    Match,

    /// <summary>Takes a character of the set <see cref="Re2Instruction.Argument"/>.</summary>
    Character,

    /// <summary>Goes on at <see cref="Re2Instruction.Next"/>, and where that does not lead to a match at <see cref="Re2Instruction.Argument"/>.</summary>
    Split,

    /// <summary>Remembers the place in the slot <see cref="Re2Instruction.Argument"/>: two for each group, the first two are the whole match.</summary>
    Save,

    /// <summary>Goes on where the <see cref="Re2Assertion"/> <see cref="Re2Instruction.Argument"/> holds.</summary>
    Assert,
}

/// <summary>An instruction: what it does, with what, and which one follows.</summary>
public readonly record struct Re2Instruction(Re2Operation Operation, int Next = -1, int Argument = 0);

/// <summary>
/// An expression as an automaton (Thompson's construction, as RE2 has it), on code points. What runs it decides whether states are followed one
/// set at a time or each with its captures; the number of steps for each character of the text is at most the number of instructions.
/// </summary>
/// <param name="Instructions">The instructions.</param>
/// <param name="Start">The first one.</param>
/// <param name="Sets">The sets that instructions name.</param>
public sealed record Re2Program(IReadOnlyList<Re2Instruction> Instructions, int Start, IReadOnlyList<RuneSet> Sets);
