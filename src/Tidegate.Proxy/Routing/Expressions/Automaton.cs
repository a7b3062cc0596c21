using Tidegate.Rules.Expressions;

namespace Tidegate.Proxy.Routing.Expressions;

/// <summary>
/// Follows all ways through a program at once, as sets of instructions. A set holds what characters and conditions it waits for; conditions are
/// looked at when the next character is known. Immutable.
/// </summary>
/// <param name="program">The program.</param>
/// <param name="isSearch">Whether a match may begin anywhere and ends the search; else it is of the whole text.</param>
internal sealed class Automaton(Re2Program program, bool isSearch)
{
    private readonly Re2Instruction[] _instructions = [.. program.Instructions];
    private readonly bool _hasConditions = program.Instructions.Any(static instruction => instruction.Operation == Re2Operation.Assert);

    /// <summary>The classes of characters.</summary>
    public RuneClasses Classes { get; } = new(program);

    /// <summary>How many instructions there are.</summary>
    public int Size => _instructions.Length;

    /// <summary>Whether a condition holds between what stands before and a character of a class.</summary>
    public static bool Holds(Re2Assertion condition, TextContext before, int next, RuneClasses classes)
    {
        bool isEnd = next == classes.End;
        TextContext behind = isEnd ? TextContext.None : classes.Behind(next);
        bool isBoundary = before.HasFlag(TextContext.BehindWord) != behind.HasFlag(TextContext.BehindWord);
        return condition switch
        {
            Re2Assertion.TextBegins => before.HasFlag(TextContext.AtBegin),
            Re2Assertion.TextEnds => isEnd,
            Re2Assertion.LineBegins => (before & (TextContext.AtBegin | TextContext.BehindNewline)) != 0,
            Re2Assertion.LineEnds => isEnd || behind.HasFlag(TextContext.BehindNewline),
            Re2Assertion.WordBoundary => isBoundary,
            _ => !isBoundary,
        };
    }

    /// <summary>The set before the first character.</summary>
    public void Begin(ref StateSet states, Span<int> stack) => Enter(program.Start, ref states, stack);

    /// <summary>One character further.</summary>
    /// <param name="from">The set before it; conditions that hold are followed in it.</param>
    /// <param name="before">What stands before it.</param>
    /// <param name="next">The character's class.</param>
    /// <param name="to">Takes the set behind it.</param>
    /// <param name="stack">Room for all instructions.</param>
    /// <returns>Whether there is a match.</returns>
    public bool Step(ref StateSet from, TextContext before, int next, ref StateSet to, Span<int> stack)
    {
        for (int i = 0; _hasConditions && i < from.Count; i++)
        {
            Re2Instruction condition = _instructions[from.Members[i]];
            if (condition.Operation == Re2Operation.Assert && Holds((Re2Assertion)condition.Argument, before, next, Classes))
            {
                Enter(condition.Next, ref from, stack);
            }
        }

        bool isMatch = false;
        foreach (int state in from.Members)
        {
            ref readonly Re2Instruction instruction = ref _instructions[state];
            switch (instruction.Operation)
            {
                case Re2Operation.Match:
                    isMatch |= isSearch || next == Classes.End;
                    break;
                case Re2Operation.Character when Classes.IsIn(instruction.Argument, next):
                    Enter(instruction.Next, ref to, stack);
                    break;
            }
        }

        if (isSearch && next != Classes.End)
        {
            Enter(program.Start, ref to, stack);
        }

        return isMatch;
    }

    // Adds an instruction, and what it leads to without a character or a condition.
    private void Enter(int start, ref StateSet states, Span<int> stack)
    {
        int depth = 0;
        stack[depth++] = start;
        while (depth > 0)
        {
            int at = stack[--depth];
            if (!states.Reach(at))
            {
                continue;
            }

            ref readonly Re2Instruction instruction = ref _instructions[at];
            switch (instruction.Operation)
            {
                case Re2Operation.Split:
                    stack[depth++] = instruction.Argument;
                    stack[depth++] = instruction.Next;
                    break;
                case Re2Operation.Save:
                    stack[depth++] = instruction.Next;
                    break;
                default:
                    states.Add(at);
                    break;
            }
        }
    }
}
