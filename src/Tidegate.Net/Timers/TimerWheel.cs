using System.Numerics;

namespace Tidegate.Net.Timers;

/// <summary>
/// The timers of one loop: a hierarchy of wheels with ticks of 1 ms, 256 ms, 16 s, 17 min and 19 h. Scheduling and cancelling are
/// O(1); a timer of a far wheel is carried inwards when its slot's time comes (at most once per wheel), so a million idle timeouts
/// wake nobody. Bit sets find the next slot that holds something. Knows no clock: the loop calls <see cref="Advance"/> once per
/// turn.
/// </summary>
public sealed class TimerWheel
{
    private const int InnerBits = 8;
    private const int OuterBits = 6;
    private const int InnerSlots = 1 << InnerBits;
    private const int OuterSlots = 1 << OuterBits;
    private const int OuterLevels = 4;
    private const int InnerWords = InnerSlots / 64;

    /// <summary>The longest delay, in milliseconds (about 48 days); a longer one is cut to it.</summary>
    public const long MaxDelayMs = ((OuterSlots - 1L) << (InnerBits + (OuterBits * (OuterLevels - 1)))) - 1;

    // Slots 0..255 are the inner wheel, then 64 of each outer wheel. Words 0..3 mark the inner wheel, word 4 + n the n-th outer one.
    private readonly LoopTimer?[] _slots = new LoopTimer?[InnerSlots + (OuterLevels * OuterSlots)];
    private readonly ulong[] _occupied = new ulong[InnerWords + OuterLevels];
    private readonly Action<Exception> _failed;
    private long _nextMs = long.MaxValue;

    // Where the wheel stands. While timers run it lags behind NowMs: a timer that schedules itself again counts from the turn, so
    // that a loop that was stopped for long does not run it many times.
    private long _positionMs;

    /// <summary>An empty wheel that stands at <paramref name="nowMs"/>; <paramref name="failed"/> gets what a timer throws.</summary>
    public TimerWheel(long nowMs, Action<Exception> failed)
    {
        NowMs = nowMs;
        _positionMs = nowMs;
        _failed = failed;
    }

    /// <summary>The time of the turn, in milliseconds: what the last <see cref="BeginTurn"/> or <see cref="Advance"/> said.</summary>
    public long NowMs { get; private set; }

    /// <summary>How many timers are scheduled.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Milliseconds from <paramref name="nowMs"/> until the wheel has something to look at: never later than the first timer is
    /// due, sometimes earlier; -1 when it has nothing.
    /// </summary>
    public int MillisecondsToNext(long nowMs) => Count == 0 ? -1 : (int)Math.Clamp(_nextMs - nowMs, 0, int.MaxValue);

    /// <summary>
    /// Says what time it is and runs no timer: what is scheduled from here on counts from this time, not from before the loop slept.
    /// </summary>
    public void BeginTurn(long nowMs)
    {
        if (nowMs > NowMs)
        {
            NowMs = nowMs;
        }
    }

    /// <summary>
    /// Makes the timer expire <paramref name="delayMs"/> from the time of this turn (at least 1 ms, at most <see cref="MaxDelayMs"/>).
    /// If it is scheduled already it is moved; moving it to later costs only a store.
    /// </summary>
    public void Schedule(LoopTimer timer, long delayMs)
    {
        long due = Math.Min(NowMs + Math.Clamp(delayMs, 1, MaxDelayMs), _positionMs + MaxDelayMs);
        timer.DueMs = due;
        if (timer.Slot >= 0)
        {
            if (due >= timer.PlacedMs)
            {
                return;
            }

            Unlink(timer);
        }
        else
        {
            Count++;
        }

        Place(timer, due);
    }

    /// <summary>Takes the timer out; nothing happens when it is not scheduled.</summary>
    public void Cancel(LoopTimer timer)
    {
        if (timer.Slot >= 0)
        {
            Unlink(timer);
            Count--;
        }
    }

    /// <summary>
    /// Moves the wheel to <paramref name="nowMs"/> (a time before the present one is ignored) and runs the timers that are due by
    /// then, in the order of their deadlines.
    /// </summary>
    public void Advance(long nowMs)
    {
        BeginTurn(nowMs);
        while (_nextMs <= NowMs)
        {
            _positionMs = _nextMs;
            CascadeDue();
            ExpireDue();
            _nextMs = FindNext();
        }

        _positionMs = NowMs;
    }

    // The outer slots that begin at _positionMs are spread over the wheels further in.
    private void CascadeDue()
    {
        for (int level = OuterLevels - 1; level >= 0; level--)
        {
            int shift = InnerBits + (OuterBits * level);
            if ((_positionMs & ((1L << shift) - 1)) != 0)
            {
                continue;
            }

            int slot = InnerSlots + (level * OuterSlots) + (int)((_positionMs >> shift) & (OuterSlots - 1));
            while (_slots[slot] is { } timer)
            {
                Unlink(timer);
                Place(timer, timer.DueMs);
            }
        }
    }

    private void ExpireDue()
    {
        int slot = (int)(_positionMs & (InnerSlots - 1));
        while (_slots[slot] is { } timer)
        {
            Unlink(timer);
            if (timer.DueMs > _positionMs)
            {
                Place(timer, timer.DueMs);
                continue;
            }

            Count--;
            try
            {
                timer.Expire();
            }
            catch (Exception exception)
            {
                _failed(exception); // the other timers are still to come
            }
        }
    }

    // Due now or later; the level is the innermost that reaches so far. A slot never holds two rounds of its wheel.
    private void Place(LoopTimer timer, long due)
    {
        int slot;
        long begin = due;
        if (due - _positionMs < InnerSlots)
        {
            slot = (int)(due & (InnerSlots - 1));
        }
        else
        {
            int level = 0;
            int shift = InnerBits;
            while ((due >> shift) - (_positionMs >> shift) >= OuterSlots)
            {
                level++;
                shift += OuterBits;
            }

            slot = InnerSlots + (level * OuterSlots) + (int)((due >> shift) & (OuterSlots - 1));
            begin = (due >> shift) << shift;
        }

        timer.PlacedMs = due;
        timer.Slot = slot;
        timer.Previous = null;
        timer.Next = _slots[slot];
        if (timer.Next is { } next)
        {
            next.Previous = timer;
        }
        else
        {
            (int word, ulong bit) = BitOf(slot);
            _occupied[word] |= bit;
        }

        _slots[slot] = timer;
        if (begin < _nextMs)
        {
            _nextMs = begin;
        }
    }

    // Leaves _nextMs alone: at worst the loop wakes once for nothing and looks again.
    private void Unlink(LoopTimer timer)
    {
        int slot = timer.Slot;
        if (timer.Next is { } next)
        {
            next.Previous = timer.Previous;
        }

        if (timer.Previous is { } previous)
        {
            previous.Next = timer.Next;
        }
        else
        {
            _slots[slot] = timer.Next;
            if (timer.Next is null)
            {
                (int word, ulong bit) = BitOf(slot);
                _occupied[word] &= ~bit;
            }
        }

        timer.Next = null;
        timer.Previous = null;
        timer.Slot = -1;
    }

    private static (int Word, ulong Bit) BitOf(int slot) => (slot >> 6, 1UL << (slot & 63));

    // The first time after _positionMs at which a slot begins that holds something.
    private long FindNext()
    {
        long best = long.MaxValue;
        if ((_occupied[0] | _occupied[1] | _occupied[2] | _occupied[3]) != 0)
        {
            best = _positionMs + DistanceOnInnerWheel((int)(_positionMs & (InnerSlots - 1)));
        }

        for (int level = 0; level < OuterLevels; level++)
        {
            ulong word = _occupied[InnerWords + level];
            if (word != 0)
            {
                int shift = InnerBits + (OuterBits * level);
                long here = _positionMs >> shift;
                int distance = 1 + BitOperations.TrailingZeroCount(BitOperations.RotateRight(word, (int)((here + 1) & (OuterSlots - 1))));
                best = Math.Min(best, (here + distance) << shift);
            }
        }

        return best;
    }

    private int DistanceOnInnerWheel(int here)
    {
        int start = (here + 1) & (InnerSlots - 1);
        int index = start >> 6;
        ulong word = _occupied[index] & (ulong.MaxValue << (start & 63));
        while (word == 0)
        {
            index = (index + 1) & (InnerWords - 1);
            word = _occupied[index];
        }

        int slot = (index << 6) + BitOperations.TrailingZeroCount(word);
        int distance = (slot - here) & (InnerSlots - 1);
        return distance == 0 ? InnerSlots : distance;
    }
}
