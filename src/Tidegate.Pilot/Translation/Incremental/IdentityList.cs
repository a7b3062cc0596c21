using System.Runtime.CompilerServices;

namespace Tidegate.Pilot.Translation.Incremental;

/// <summary>A list of instances as a key: the same only when it has the same instances in the same order.</summary>
internal readonly struct IdentityList(IReadOnlyList<object?> items) : IEquatable<IdentityList>
{
    private readonly IReadOnlyList<object?> _items = items;

    public bool Equals(IdentityList other)
    {
        if (_items.Count != other._items.Count)
        {
            return false;
        }
        for (var i = 0; i < _items.Count; i++)
        {
            if (!ReferenceEquals(_items[i], other._items[i]))
            {
                return false;
            }
        }
        return true;
    }

    public override bool Equals(object? obj) => obj is IdentityList other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        for (var i = 0; i < _items.Count; i++)
        {
            hash.Add(RuntimeHelpers.GetHashCode(_items[i]));
        }
        return hash.ToHashCode();
    }
}
