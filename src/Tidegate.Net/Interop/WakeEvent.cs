namespace Tidegate.Net.Interop;

/// <summary>
/// An eventfd by which other threads wake a loop. It is registered edge-triggered, so every signal is an event and nobody needs to
/// read it.
/// </summary>
internal sealed unsafe class WakeEvent
{
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000;

    internal WakeEvent()
    {
        Descriptor = Libc.EventFd(0, NonBlockingCloseOnExec);
        if (Descriptor < 0)
        {
            throw new InvalidOperationException($"eventfd: {new IoError(*Libc.ErrnoLocation())}");
        }
    }

    internal int Descriptor { get; private set; }

    internal void Signal()
    {
        ulong one = 1;
        _ = Libc.Write(Descriptor, (byte*)&one, sizeof(ulong));
    }

    internal void Close()
    {
        if (Descriptor >= 0)
        {
            _ = Libc.Close(Descriptor);
            Descriptor = -1;
        }
    }
}
