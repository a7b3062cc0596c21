using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidegate.Net.Interop;

/// <summary>An array of <c>struct epoll_event</c>, which is packed on x86-64 and padded everywhere else.</summary>
internal sealed unsafe class EpollEvents
{
    private static readonly bool IsPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private readonly byte[] _memory;

    public EpollEvents(int capacity)
    {
        Capacity = capacity;
        _memory = GC.AllocateUninitializedArray<byte>(capacity * Size, pinned: true);
    }

    /// <summary>How many fit.</summary>
    public int Capacity { get; }

    /// <summary>Where the first one is; the memory never moves.</summary>
    public byte* Pointer => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_memory));

    private static int Size => IsPacked ? 12 : 16;

    private static int DataOffset => IsPacked ? 4 : 8;

    /// <summary>What happened.</summary>
    public uint EventsAt(int index) => Unsafe.ReadUnaligned<uint>(Pointer + (index * Size));

    /// <summary>Whom it concerns.</summary>
    public ulong DataAt(int index) => Unsafe.ReadUnaligned<ulong>(Pointer + (index * Size) + DataOffset);

    /// <summary>Writes the first one, for <c>epoll_ctl</c>.</summary>
    public byte* SetFirst(uint events, ulong data)
    {
        Unsafe.WriteUnaligned(Pointer, events);
        Unsafe.WriteUnaligned(Pointer + DataOffset, data);
        return Pointer;
    }
}
