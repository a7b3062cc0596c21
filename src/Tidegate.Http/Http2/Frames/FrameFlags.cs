namespace Tidegate.Http.Http2.Frames;

/// <summary>Flags of frames; what a bit means depends on the type.</summary>
[Flags]
public enum FrameFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>DATA, HEADERS: the sender's last frame with content on the stream.</summary>
    EndStream = 0x1,

    /// <summary>SETTINGS, PING: an answer.</summary>
    Ack = EndStream,

    /// <summary>HEADERS, CONTINUATION: the field block is whole.</summary>
    EndHeaders = 0x4,

    /// <summary>DATA, HEADERS: there is padding.</summary>
    Padded = 0x8,

    /// <summary>HEADERS: there are priority fields.</summary>
    Priority = 0x20,
}
