using Tidegate.Rules.Expressions;

namespace Tidegate.Proxy.Routing.Expressions;

/// <summary>
/// Finds the first match and its groups (Pike's algorithm): all ways through the program side by side, the preferred first, each with the places
/// that it remembers. The time for each character is bounded by the program's size. One search at a time per object.
/// </summary>
internal sealed class CaptureSearch
{
    private readonly Re2Instruction[] _instructions;
    private readonly RuneClasses _classes;
    private readonly int _start;
    private readonly int _slotCount;
    private Threads _current;
    private Threads _following;

    public CaptureSearch(Re2Program program, RuneClasses classes, int groupCount)
    {
        _instructions = [.. program.Instructions];
        _classes = classes;
        _start = program.Start;
        _slotCount = 2 * (groupCount + 1);
        Slots = new int[_slotCount];
        _current = new Threads(_instructions.Length, _slotCount);
        _following = new Threads(_instructions.Length, _slotCount);
    }

    /// <summary>Where the match and its groups begin and end, two for each; -1 for a group that took no part.</summary>
    public int[] Slots { get; }

    /// <summary>Finds the first match that begins at <paramref name="from"/> or behind it.</summary>
    public bool Find(ReadOnlySpan<byte> text, int from)
    {
        bool isFound = false;
        _current.Clear();
        Span<int> fresh = stackalloc int[_slotCount];
        for (int at = from; ;)
        {
            int next = _classes.Next(text[at..], out int length);
            TextContext before = ContextBefore(text, at);
            if (!isFound)
            {
                // The least preferred way is one that begins here.
                fresh.Fill(-1);
                Enter(_start, fresh, at, before, next, _current);
            }

            if (_current.Count == 0)
            {
                return isFound;
            }

            _following.Clear();
            int nextAt = at + length;
            int afterNext = next == _classes.End ? _classes.End : _classes.Next(text[nextAt..], out _);
            for (int i = 0; i < _current.Count; i++)
            {
                int instructionAt = _current.Members[i];
                Re2Instruction instruction = _instructions[instructionAt];
                if (instruction.Operation == Re2Operation.Match)
                {
                    _current.SlotsOf(instructionAt).CopyTo(Slots);
                    isFound = true;
                    break; // what follows is less preferred
                }

                if (instruction.Operation == Re2Operation.Character && _classes.IsIn(instruction.Argument, next))
                {
                    Enter(instruction.Next, _current.SlotsOf(instructionAt), nextAt, _classes.Behind(next), afterNext, _following);
                }
            }

            (_current, _following) = (_following, _current);
            if (next == _classes.End)
            {
                return isFound;
            }

            at = nextAt;
        }
    }

    private TextContext ContextBefore(ReadOnlySpan<byte> text, int at)
    {
        if (at == 0)
        {
            return TextContext.AtBegin;
        }

        return text[at - 1] < 0x80 ? _classes.Behind(_classes.Next(text[(at - 1)..], out _)) : TextContext.None;
    }

    // Follows what needs no character, the preferred way first. Recursion would be as deep as the program is long.
    private void Enter(int start, ReadOnlySpan<int> slots, int at, TextContext before, int next, Threads threads)
    {
        Stack<(int Instruction, int Slot, int Value)> todo = threads.Todo;
        Span<int> own = threads.Scratch;
        slots.CopyTo(own);
        todo.Push((start, -1, 0));
        while (todo.TryPop(out (int Instruction, int Slot, int Value) one))
        {
            if (one.Slot >= 0)
            {
                own[one.Slot] = one.Value; // the ways behind a remembered place are done
                continue;
            }

            if (!threads.Add(one.Instruction))
            {
                continue;
            }

            Re2Instruction instruction = _instructions[one.Instruction];
            switch (instruction.Operation)
            {
                case Re2Operation.Split:
                    todo.Push((instruction.Argument, -1, 0));
                    todo.Push((instruction.Next, -1, 0));
                    break;
                case Re2Operation.Save when instruction.Argument < _slotCount:
                    todo.Push((-1, instruction.Argument, own[instruction.Argument]));
                    own[instruction.Argument] = at;
                    todo.Push((instruction.Next, -1, 0));
                    break;
                case Re2Operation.Save:
                    todo.Push((instruction.Next, -1, 0));
                    break;
                case Re2Operation.Assert when Automaton.Holds((Re2Assertion)instruction.Argument, before, next, _classes):
                    todo.Push((instruction.Next, -1, 0));
                    break;
                default:
                    own.CopyTo(threads.SlotsOf(one.Instruction));
                    break;
            }
        }
    }

    private sealed class Threads(int size, int slotCount)
    {
        private readonly int[] _members = new int[size];
        private readonly int[] _places = new int[size];
        private readonly int[] _slots = new int[size * slotCount];

        public Stack<(int Instruction, int Slot, int Value)> Todo { get; } = new();

        public int[] Scratch { get; } = new int[slotCount];

        public int Count { get; private set; }

        public ReadOnlySpan<int> Members => _members.AsSpan(0, Count);

        public Span<int> SlotsOf(int instruction) => _slots.AsSpan(instruction * slotCount, slotCount);

        public void Clear() => Count = 0;

        public bool Add(int instruction)
        {
            int place = _places[instruction];
            if (place < Count && _members[place] == instruction)
            {
                return false;
            }

            _places[instruction] = Count;
            _members[Count++] = instruction;
            return true;
        }
    }
}
