namespace Tidegate.Http.Http2.Frames;

/// <summary>What the peer's SETTINGS say, with the values that hold until they do (RFC 9113 section 6.5.2).</summary>
internal sealed class PeerSettings
{
    /// <summary>The longest payload that any peer takes, in bytes, and the only one that we take.</summary>
    public const int DefaultFrameSize = 16 * 1024;

    /// <summary>A window when nothing is said, in bytes (RFC 9113 section 6.9.2).</summary>
    public const int DefaultWindow = 65_535;

    private const uint LargestFrameSize = (1 << 24) - 1;

    /// <summary>The size of the peer's dynamic table in bytes.</summary>
    public uint HeaderTableSize { get; private set; } = 4096;

    /// <summary>How many streams we may have open at once.</summary>
    public int MaxConcurrentStreams { get; private set; } = int.MaxValue;

    /// <summary>What may be sent on a new stream, in bytes.</summary>
    public int InitialWindowSize { get; private set; } = DefaultWindow;

    /// <summary>The longest payload that the peer takes, in bytes.</summary>
    public int MaxFrameSize { get; private set; } = DefaultFrameSize;

    /// <summary>The largest list of fields that the peer says it takes, in bytes and with 32 for each field.</summary>
    public long MaxHeaderListSize { get; private set; } = long.MaxValue;

    /// <summary>Whether the peer, a server, takes extended CONNECT.</summary>
    public bool AllowsExtendedConnect { get; private set; }

    /// <summary>Applies one setting.</summary>
    /// <param name="id">Which one.</param>
    /// <param name="value">Its value.</param>
    /// <param name="isServer">Whether the peer is a server.</param>
    /// <returns>Why the value cannot be, or none.</returns>
    public Http2Fault Apply(SettingId id, uint value, bool isServer)
    {
        switch (id)
        {
            case SettingId.HeaderTableSize:
                HeaderTableSize = value;
                return Http2Fault.None;
            case SettingId.EnablePush:
                return value > (isServer ? 0 : 1) ? Http2Fault.ProtocolViolation : Http2Fault.None;
            case SettingId.MaxConcurrentStreams:
                MaxConcurrentStreams = (int)Math.Min(value, int.MaxValue);
                return Http2Fault.None;
            case SettingId.InitialWindowSize:
                InitialWindowSize = (int)(value & int.MaxValue);
                return value > int.MaxValue ? Http2Fault.FlowControl : Http2Fault.None;
            case SettingId.MaxFrameSize:
                MaxFrameSize = (int)value;
                return value is < DefaultFrameSize or > LargestFrameSize ? Http2Fault.ProtocolViolation : Http2Fault.None;
            case SettingId.MaxHeaderListSize:
                MaxHeaderListSize = value;
                return Http2Fault.None;
            case SettingId.EnableConnectProtocol:
                // It can't be taken back (RFC 8441 section 3).
                bool isValid = value == 1 || (value == 0 && !AllowsExtendedConnect);
                AllowsExtendedConnect = value == 1;
                return isValid ? Http2Fault.None : Http2Fault.ProtocolViolation;
            default:
                return Http2Fault.None;
        }
    }
}
