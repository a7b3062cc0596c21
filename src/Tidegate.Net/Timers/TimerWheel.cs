namespace Tidegate.Net.Timers;

/// <summary>
/// One loop's timers: a hashed wheel of one-millisecond slots. Scheduling, moving and cancelling are O(1); moving a timer to a
/// later time leaves it in its slot until the wheel comes by (a busy connection moves its timer with every request).
/// </summary>
public sealed class TimerWheel
{
    private const int SlotCount = 4096;

    // A timer further away than the wheel is round is looked at once a turn of the wheel.
    private const long Horizon = SlotCount - 1;

    // A timer whose slot is being worked through, and which has not been looked at yet.
    private const long TakenOut = long.MaxValue;

    private readonly LoopTimer?[] _slots = new LoopTimer?[SlotCount];
    private readonly ulong[] _occupied = new ulong[SlotCount / 64];
    private readonly Action<Exception> _failed;
    private long _nowMs;
    private int _count;

    /// <summary>An empty wheel that starts at a time of the loop's clock; <paramref name="failed"/> gets what a timer throws.</summary>
    public TimerWheel(long nowMs, Action<Exception> failed)
    {
        _nowMs = nowMs;
        _failed = failed;
    }

    /// <summary>Lets <paramref name="timer"/> expire in <paramref name="delayMs"/> milliseconds, whatever it was scheduled for before.</summary>
    public void Schedule(LoopTimer timer, long delayMs)
    {
        long dueMs = _nowMs + Math.Max(1, delayMs);
        timer.DueMs = dueMs;
        timer.IsScheduled = true;
        if (timer.SlotMs == TakenOut)
        {
            return; // its slot is being worked through: that loop puts it where it belongs
        }

        if (timer.SlotMs >= 0)
        {
            if (timer.SlotMs <= dueMs)
            {
                return; // the wheel comes by in time, and moves it then
            }

            Unlink(timer);
        }

        Link(timer);
    }

    /// <summary>Lets it not expire; without effect when it is not scheduled.</summary>
    public void Cancel(LoopTimer timer)
    {
        timer.IsScheduled = false;
        if (timer.SlotMs >= 0)
        {
            Unlink(timer);
        }
    }

    /// <summary>Milliseconds until the wheel has something to look at; -1 when it has nothing.</summary>
    public int MillisecondsToNext(long nowMs)
    {
        if (_count == 0)
        {
            return -1;
        }

        int start = (int)((_nowMs + 1) & (SlotCount - 1));
        for (int distance = 0; distance < SlotCount;)
        {
            int slot = (start + distance) & (SlotCount - 1);
            ulong word = _occupied[slot >> 6] >> (slot & 63);
            if (word != 0)
            {
                long dueMs = _nowMs + 1 + distance + System.Numerics.BitOperations.TrailingZeroCount(word);
                return (int)Math.Clamp(dueMs - nowMs, 0, int.MaxValue);
            }

            distance += 64 - (slot & 63);
        }

        return 0;
    }

    /// <summary>Turns the wheel to a time and lets expire what is due.</summary>
    public void Advance(long nowMs)
    {
        if (_count == 0)
        {
            _nowMs = Math.Max(_nowMs, nowMs);
            return;
        }

        // After a long stop every slot is due: one turn of the wheel sees them all.
        long from = Math.Max(_nowMs + 1, nowMs - Horizon);
        for (long slotMs = from; slotMs <= nowMs; slotMs++)
        {
            int slot = (int)(slotMs & (SlotCount - 1));
            if ((_occupied[slot >> 6] & (1UL << (slot & 63))) != 0)
            {
                _nowMs = Math.Max(_nowMs, slotMs);
                ExpireSlot(slot, nowMs);
            }
        }

        _nowMs = Math.Max(_nowMs, nowMs);
    }

    private void ExpireSlot(int slot, long nowMs)
    {
        // What expires may schedule timers, also into this slot: those are for the next turn.
        LoopTimer? timer = _slots[slot];
        _slots[slot] = null;
        _occupied[slot >> 6] &= ~(1UL << (slot & 63));
        for (LoopTimer? each = timer; each is not null; each = each.Next)
        {
            each.SlotMs = TakenOut;
        }

        while (timer is not null)
        {
            LoopTimer? next = timer.Next;
            if (next is not null)
            {
                next.Previous = null;
            }

            timer.Next = null;
            timer.SlotMs = -1;
            _count--;
            if (timer.IsScheduled)
            {
                if (timer.DueMs <= nowMs)
                {
                    timer.IsScheduled = false;
                    Expire(timer);
                }
                else
                {
                    Link(timer);
                }
            }

            timer = next;
        }
    }

    private void Expire(LoopTimer timer)
    {
        try
        {
            timer.Expire();
        }
        catch (Exception exception)
        {
            _failed(exception); // the other timers of the slot are still to come
        }
    }

    private void Link(LoopTimer timer)
    {
        timer.SlotMs = Math.Min(timer.DueMs, _nowMs + Horizon);
        int slot = (int)(timer.SlotMs & (SlotCount - 1));
        timer.Previous = null;
        timer.Next = _slots[slot];
        if (timer.Next is not null)
        {
            timer.Next.Previous = timer;
        }

        _slots[slot] = timer;
        _occupied[slot >> 6] |= 1UL << (slot & 63);
        _count++;
    }

    private void Unlink(LoopTimer timer)
    {
        if (timer.SlotMs == TakenOut)
        {
            return; // its slot is being worked through: that loop drops it
        }

        int slot = (int)(timer.SlotMs & (SlotCount - 1));
        if (timer.Previous is null)
        {
            _slots[slot] = timer.Next;
        }
        else
        {
            timer.Previous.Next = timer.Next;
        }

        if (timer.Next is not null)
        {
            timer.Next.Previous = timer.Previous;
        }

        if (_slots[slot] is null)
        {
            _occupied[slot >> 6] &= ~(1UL << (slot & 63));
        }

        timer.Next = null;
        timer.Previous = null;
        timer.SlotMs = -1;
        _count--;
    }
}
