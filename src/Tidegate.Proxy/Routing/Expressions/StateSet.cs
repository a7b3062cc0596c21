namespace Tidegate.Proxy.Routing.Expressions;

/// <summary>A set of instructions in the order in which they came, over memory that is lent and need not be clean.</summary>
internal ref struct StateSet(Span<int> members, Span<int> places)
{
    private readonly Span<int> _members = members;
    private readonly Span<int> _places = places;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The members.</summary>
    public readonly ReadOnlySpan<int> Members => _members[..Count];

    /// <summary>Adds a member; false when it is there.</summary>
    public bool Add(int instruction)
    {
        int place = _places[instruction];
        if ((uint)place < (uint)Count && _members[place] == instruction)
        {
            return false;
        }

        _places[instruction] = Count;
        _members[Count++] = instruction;
        return true;
    }

    /// <summary>Takes all out.</summary>
    public void Clear() => Count = 0;
}
