namespace Tidegate.Rules.Expressions;

/// <summary>Makes the program of an expression, from its end to its beginning. One use per object.</summary>
internal sealed class Re2Compiler
{
    private readonly List<Re2Instruction> _instructions = [];
    private readonly List<RuneSet> _sets = [];
    private readonly Dictionary<RuneSet, int> _setNumbers = [];
    private readonly int _limit;

    private Re2Compiler(int limit) => _limit = limit;

    private bool IsFull => _instructions.Count > _limit;

    /// <summary>The program; null when it would have more instructions than <paramref name="limit"/>.</summary>
    public static Re2Program? Compile(Re2Node root, int limit)
    {
        var compiler = new Re2Compiler(limit);
        int end = compiler.Add(new Re2Instruction(Re2Operation.Match));
        int start = compiler.Emit(new Re2Group(root, 0), end);
        return compiler.IsFull ? null : new Re2Program([.. compiler._instructions], start, compiler._sets);
    }

    // The place of the first instruction of a part that goes on at next.
    private int Emit(Re2Node node, int next)
    {
        if (IsFull)
        {
            return next;
        }

        switch (node)
        {
            case Re2Character character:
                return Add(new Re2Instruction(Re2Operation.Character, next, NumberOf(character.Set)));
            case Re2Condition condition:
                return Add(new Re2Instruction(Re2Operation.Assert, next, (int)condition.Assertion));
            case Re2Sequence sequence:
                for (int i = sequence.Parts.Count - 1; i >= 0; i--)
                {
                    next = Emit(sequence.Parts[i], next);
                }

                return next;
            case Re2Choice choice:
                int first = Emit(choice.Parts[^1], next);
                for (int i = choice.Parts.Count - 2; i >= 0; i--)
                {
                    first = Add(new Re2Instruction(Re2Operation.Split, Emit(choice.Parts[i], next), first));
                }

                return first;
            case Re2Group group:
                int close = Add(new Re2Instruction(Re2Operation.Save, next, (2 * group.Index) + 1));
                return Add(new Re2Instruction(Re2Operation.Save, Emit(group.Inner, close), 2 * group.Index));
            case Re2Repeat repeat:
                return EmitRepeat(repeat, next);
            default:
                throw new InvalidOperationException($"no instructions for {node.GetType().Name}");
        }
    }

    private int EmitRepeat(Re2Repeat repeat, int next)
    {
        int end = next;
        int copies = repeat.Min;
        if (repeat.Max < 0)
        {
            // The last copy, or one that need not be, leads back to where it is decided whether there is another.
            int loop = Add(default);
            int body = Emit(repeat.Inner, loop);
            _instructions[loop] = Split(repeat, body, end);
            next = copies == 0 ? loop : body;
            copies = Math.Max(0, copies - 1);
        }

        for (int i = repeat.Min; i < repeat.Max && !IsFull; i++)
        {
            next = Add(Split(repeat, Emit(repeat.Inner, next), end));
        }

        for (int i = 0; i < copies && !IsFull; i++)
        {
            next = Emit(repeat.Inner, next);
        }

        return next;
    }

    private static Re2Instruction Split(Re2Repeat repeat, int body, int end) => repeat.IsLazy
        ? new Re2Instruction(Re2Operation.Split, end, body)
        : new Re2Instruction(Re2Operation.Split, body, end);

    private int Add(Re2Instruction instruction)
    {
        _instructions.Add(instruction);
        return _instructions.Count - 1;
    }

    private int NumberOf(RuneSet set)
    {
        if (!_setNumbers.TryGetValue(set, out int number))
        {
            number = _sets.Count;
            _sets.Add(set);
            _setNumbers.Add(set, number);
        }

        return number;
    }
}
