namespace Tidegate.Proxy.Routing.Expressions;

/// <summary>
/// The instructions that are reached at one place of a text, over memory that is lent and need not be clean. Those that only lead on are noted, so
/// that none is followed twice; the others, which wait for a character, for a condition, or for nothing more, are its members.
/// </summary>
/// <param name="reached">Room for every instruction.</param>
/// <param name="places">The same.</param>
/// <param name="members">The same.</param>
internal ref struct StateSet(Span<int> reached, Span<int> places, Span<int> members)
{
    private readonly Span<int> _reached = reached;
    private readonly Span<int> _places = places;
    private readonly Span<int> _members = members;
    private int _reachedCount;

    /// <summary>How many members there are.</summary>
    public int Count { get; private set; }

    /// <summary>The members, in the order in which they came.</summary>
    public readonly ReadOnlySpan<int> Members => _members[..Count];

    /// <summary>Notes that an instruction is reached; false when it was already.</summary>
    public bool Reach(int instruction)
    {
        int place = _places[instruction];
        if ((uint)place < (uint)_reachedCount && _reached[place] == instruction)
        {
            return false;
        }

        _places[instruction] = _reachedCount;
        _reached[_reachedCount++] = instruction;
        return true;
    }

    /// <summary>Makes an instruction that was reached a member.</summary>
    public void Add(int instruction) => _members[Count++] = instruction;

    /// <summary>Takes all out.</summary>
    public void Clear()
    {
        _reachedCount = 0;
        Count = 0;
    }
}
