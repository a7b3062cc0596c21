namespace Tidegate.Hosting.Interop;

/// <summary>What a file is (the type bits of its mode, inode(7)).</summary>
internal enum FileKind
{
    /// <summary>A pipe with a name.</summary>
    Fifo = 0x1000,

    /// <summary>A character device, such as a terminal or <c>/dev/zero</c>.</summary>
    CharacterDevice = 0x2000,

    /// <summary>A directory.</summary>
    Directory = 0x4000,

    /// <summary>A block device, such as a disk.</summary>
    BlockDevice = 0x6000,

    /// <summary>A file as one thinks of it.</summary>
    Regular = 0x8000,

    /// <summary>A socket with a name.</summary>
    Socket = 0xc000,
}
