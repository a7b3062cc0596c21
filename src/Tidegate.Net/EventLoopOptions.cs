using Tidegate.Net.Memory;

namespace Tidegate.Net;

/// <summary>How a loop is made.</summary>
public sealed record EventLoopOptions
{
    /// <summary>The thread's name; the kernel keeps 15 characters of it.</summary>
    public string Name { get; init; } = "loop";

    /// <summary>The processor that the thread is bound to; null leaves that to the scheduler.</summary>
    public int? Cpu { get; init; }

    /// <summary>Events taken from the kernel at once.</summary>
    public int MaxEventsPerTurn { get; init; } = 512;

    /// <summary>
    /// Bytes that one connection may move in one turn before it waits for the others; an operation counts as 4 KiB at least.
    /// </summary>
    public int MaxBytesPerConnectionPerTurn { get; init; } = 256 * 1024;

    /// <summary>What all loops may hold for peers, together; null for a budget of its own without a limit.</summary>
    public MemoryBudget? Memory { get; init; }

    /// <summary>How often pools give back a part of what they did not need, in milliseconds.</summary>
    public long TrimPeriodMs { get; init; } = 5_000;

    /// <summary>The monotonic clock. A test gives one that it turns by hand; the loop wakes when that one's timer says so.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Remembers who rented each buffer (<see cref="Buffers.BufferPool.Leaks"/>): dear, and on in DEBUG builds only.</summary>
    public bool TracksBuffers { get; init; }
#if DEBUG
        = true;
#endif

    /// <summary>
    /// Gets what a callback throws and what it was about: a bug, which does not end the loop. Must not throw. Null: standard error.
    /// </summary>
    public Action<Exception, string>? OnUnhandled { get; init; }
}
