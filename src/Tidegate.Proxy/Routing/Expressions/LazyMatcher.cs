using System.Buffers;
using System.Runtime.InteropServices;
using Tidegate.Rules.Expressions;

namespace Tidegate.Proxy.Routing.Expressions;

/// <summary>
/// Decides whether a text fits. The sets that an <see cref="Automaton"/> comes to are remembered as states, so that a text whose like was seen
/// costs one look-up for each character and allocates nothing. The memory for that is bounded: where it is used up, the rest of the text is
/// followed set by set, in time that is bounded by the program's size, and the next text begins anew. Safe from any thread.
/// </summary>
internal sealed class LazyMatcher
{
    /// <summary>What states of one expression may take; a usual one has some dozen states, a few kilobytes.</summary>
    private const int MaxStateBytes = 64 * 1024;

    private readonly Automaton _automaton;
    private readonly Lock _lock = new();
    private volatile StateTable _table;

    public LazyMatcher(Re2Program program, bool isSearch)
    {
        _automaton = new Automaton(program, isSearch);
        _table = NewTable();
    }

    /// <summary>Whether the text fits.</summary>
    public bool IsMatch(ReadOnlySpan<byte> text)
    {
        RuneClasses classes = _automaton.Classes;
        StateTable table = _table;
        State state = table.Start;
        while (true)
        {
            int next = classes.Next(text, out int length);
            State? following = Volatile.Read(ref state.Following[next]) ?? Extend(table, state, next);
            if (following is null)
            {
                return Follow(state, text);
            }

            if (following.IsFinal)
            {
                return following.IsMatch;
            }

            text = text[length..];
            state = following;
        }
    }

    /// <summary>The classes of characters.</summary>
    public RuneClasses Classes => _automaton.Classes;

    private StateTable NewTable()
    {
        int[] room = ArrayPool<int>.Shared.Rent(RoomSize);
        StateSet states = SetIn(room, 0);
        _automaton.Begin(ref states, StackIn(room));
        var table = new StateTable(new State(states.Members.ToArray(), TextContext.AtBegin, _automaton.Classes.Count));
        ArrayPool<int>.Shared.Return(room);
        return table;
    }

    // Two sets and a stack. A split is taken off the stack before its two ways are put on it, each at most once: twice the instructions are enough.
    private int RoomSize => (8 * _automaton.Size) + 2;

    private StateSet SetIn(int[] room, int index)
    {
        int size = _automaton.Size;
        int start = 3 * size * index;
        return new StateSet(room.AsSpan(start, size), room.AsSpan(start + size, size), room.AsSpan(start + (2 * size), size));
    }

    private Span<int> StackIn(int[] room) => room.AsSpan(6 * _automaton.Size);

    // The state that a character leads to, made and remembered; null when there is no room for it.
    private State? Extend(StateTable table, State state, int next)
    {
        lock (_lock)
        {
            if (state.Following[next] is { } known)
            {
                return known;
            }

            if (table.Bytes > MaxStateBytes)
            {
                _table = ReferenceEquals(_table, table) ? NewTable() : _table;
                return null;
            }

            int[] room = ArrayPool<int>.Shared.Rent(RoomSize);
            StateSet from = SetIn(room, 0);
            StateSet to = SetIn(room, 1);
            Fill(ref from, state);

            bool isMatch = _automaton.Step(ref from, state.Before, next, ref to, StackIn(room));
            State made = isMatch ? State.Match
                : next == _automaton.Classes.End || to.Count == 0 ? State.NoMatch
                : table.Find(to.Members, _automaton.Classes.Behind(next), _automaton.Classes.Count);
            ArrayPool<int>.Shared.Return(room);
            Volatile.Write(ref state.Following[next], made);
            return made;
        }
    }

    private static void Fill(ref StateSet states, State state)
    {
        foreach (int instruction in state.Instructions)
        {
            states.Reach(instruction);
            states.Add(instruction);
        }
    }

    // Without remembering.
    private bool Follow(State state, ReadOnlySpan<byte> text)
    {
        int[] room = ArrayPool<int>.Shared.Rent(RoomSize);
        StateSet from = SetIn(room, 0);
        StateSet to = SetIn(room, 1);
        Span<int> stack = StackIn(room);
        Fill(ref from, state);

        TextContext before = state.Before;
        bool isMatch = false;
        bool isOver = false;
        while (!isOver)
        {
            int next = _automaton.Classes.Next(text, out int length);
            to.Clear();
            isMatch = _automaton.Step(ref from, before, next, ref to, stack);
            isOver = isMatch || next == _automaton.Classes.End || to.Count == 0;
            before = _automaton.Classes.Behind(next);
            text = text[length..];
            StateSet swap = from;
            from = to;
            to = swap;
        }

        ArrayPool<int>.Shared.Return(room);
        return isMatch;
    }

    private sealed class State(int[] instructions, TextContext before, int classCount)
    {
        public static readonly State Match = new([], TextContext.None, 0) { IsFinal = true, IsMatch = true };

        public static readonly State NoMatch = new([], TextContext.None, 0) { IsFinal = true };

        public int[] Instructions { get; } = instructions;

        public TextContext Before { get; } = before;

        // By the class of the next character; written under the lock.
        public State?[] Following { get; } = new State?[classCount];

        public bool IsFinal { get; private init; }

        public bool IsMatch { get; private init; }
    }

    // The states that are known. Written under the lock.
    private sealed class StateTable(State start)
    {
        private readonly Dictionary<int, List<State>> _states = [];

        public State Start { get; } = start;

        public int Bytes { get; private set; }

        public State Find(ReadOnlySpan<int> instructions, TextContext before, int classCount)
        {
            // The order in which instructions were reached says nothing here, and would make several states of one.
            int[] sorted = instructions.ToArray();
            Array.Sort(sorted);
            var hash = default(HashCode);
            hash.AddBytes(MemoryMarshal.AsBytes<int>(sorted));
            hash.Add(before);
            ref List<State>? same = ref CollectionsMarshal.GetValueRefOrAddDefault(_states, hash.ToHashCode(), out _);
            same ??= [];
            foreach (State known in same)
            {
                if (known.Before == before && known.Instructions.AsSpan().SequenceEqual(sorted))
                {
                    return known;
                }
            }

            var made = new State(sorted, before, classCount);
            same.Add(made);
            Bytes += (sizeof(int) * sorted.Length) + (IntPtr.Size * classCount) + 128;
            return made;
        }
    }
}
