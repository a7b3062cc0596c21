namespace Tidegate.Http.Http2.Frames;

/// <summary>Settings (RFC 9113 section 6.5.2, RFC 8441 section 3); others are ignored.</summary>
public enum SettingId : ushort
{
    /// <summary>The size of the decoder's dynamic table in bytes.</summary>
    HeaderTableSize = 1,

    /// <summary>Whether the client allows PUSH_PROMISE.</summary>
    EnablePush = 2,

    /// <summary>How many streams the other side may have open at once.</summary>
    MaxConcurrentStreams = 3,

    /// <summary>What may be sent on a stream at first, in bytes.</summary>
    InitialWindowSize = 4,

    /// <summary>The longest payload of a frame that is taken, in bytes.</summary>
    MaxFrameSize = 5,

    /// <summary>The largest field list that is taken, in bytes; advice only.</summary>
    MaxHeaderListSize = 6,

    /// <summary>Whether the server takes extended CONNECT.</summary>
    EnableConnectProtocol = 8,
}
