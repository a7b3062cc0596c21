namespace Tidegate.Net.Epoll;

/// <summary>
/// Finds the source of an epoll event by its token: slot number and generation. A slot's generation changes when its source leaves,
/// so an event that was fetched in the same turn for a closed descriptor finds nobody, even when descriptor and slot are in use
/// again.
/// </summary>
internal sealed class SourceTable
{
    private Slot[] _slots = new Slot[64];
    private int _freeHead = -1;
    private int _used;

    internal int Count { get; private set; }

    internal ulong Add(IEpollSource source)
    {
        int index = _freeHead;
        if (index >= 0)
        {
            _freeHead = _slots[index].NextFree;
        }
        else
        {
            if (_used == _slots.Length)
            {
                Array.Resize(ref _slots, _used * 2);
            }

            index = _used++;
        }

        Count++;
        ref Slot slot = ref _slots[index];
        slot.Source = source;
        return ((ulong)slot.Generation << 32) | (uint)index;
    }

    internal void Remove(ulong token)
    {
        int index = (int)(uint)token;
        ref Slot slot = ref _slots[index];
        slot.Source = null;
        slot.Generation++;
        slot.NextFree = _freeHead;
        _freeHead = index;
        Count--;
    }

    internal void Replace(ulong token, IEpollSource source) => _slots[(int)(uint)token].Source = source;

    internal IEpollSource? Find(ulong token)
    {
        uint index = (uint)token;
        Slot[] slots = _slots;
        if (index < (uint)slots.Length)
        {
            ref Slot slot = ref slots[index];
            if (slot.Generation == (uint)(token >> 32))
            {
                return slot.Source;
            }
        }

        return null;
    }

    internal IEpollSource[] ToArray()
    {
        var sources = new List<IEpollSource>(Count);
        for (int i = 0; i < _used; i++)
        {
            if (_slots[i].Source is { } source)
            {
                sources.Add(source);
            }
        }

        return [.. sources];
    }

    private struct Slot
    {
        internal IEpollSource? Source;
        internal uint Generation;
        internal int NextFree;
    }
}
