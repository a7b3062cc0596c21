using Tidegate.Http.Http2;

namespace Tidegate.Proxy.Runtime;

/// <summary>What a listener says of HTTP/2 (Envoy: <c>Http2ProtocolOptions</c>); null leaves a value to the proxy's options. Immutable.</summary>
internal sealed record RuntimeHttp2Options
{
    /// <summary>Streams of a connection at once.</summary>
    public int? MaxConcurrentStreams { get; init; }

    /// <summary>What a client may send on a stream before any of it was taken, in bytes.</summary>
    public int? StreamWindowBytes { get; init; }

    /// <summary>The same of all streams together.</summary>
    public int? ConnectionWindowBytes { get; init; }

    /// <summary>The dynamic table of HPACK in bytes, both ways.</summary>
    public int? TableBytes { get; init; }

    /// <summary>Whether clients may use extended CONNECT.</summary>
    public bool AllowsExtendedConnect { get; init; }

    /// <summary>Answers to PING and SETTINGS that may wait.</summary>
    public int? MaxControlFrames { get; init; }

    /// <summary>Frames without content in a row.</summary>
    public int? MaxEmptyFrames { get; init; }

    /// <summary>PRIORITY frames for each stream.</summary>
    public int? MaxPriorityFramesPerStream { get; init; }

    /// <summary>WINDOW_UPDATE frames for each DATA frame.</summary>
    public int? MaxWindowUpdatesPerDataFrame { get; init; }

    /// <summary>The limits with what is said here in their place.</summary>
    public Http2Limits ApplyTo(Http2Limits defaults) => defaults with
    {
        MaxConcurrentStreams = MaxConcurrentStreams ?? defaults.MaxConcurrentStreams,
        StreamWindowBytes = StreamWindowBytes ?? defaults.StreamWindowBytes,
        ConnectionWindowBytes = ConnectionWindowBytes ?? defaults.ConnectionWindowBytes,
        DecoderTableBytes = Math.Max(4096, TableBytes ?? defaults.DecoderTableBytes),
        EncoderTableBytes = TableBytes ?? defaults.EncoderTableBytes,
        AllowExtendedConnect = AllowsExtendedConnect || defaults.AllowExtendedConnect,
        MaxControlFrames = MaxControlFrames ?? defaults.MaxControlFrames,
        MaxEmptyFrames = MaxEmptyFrames ?? defaults.MaxEmptyFrames,
        MaxPriorityFramesPerStream = MaxPriorityFramesPerStream ?? defaults.MaxPriorityFramesPerStream,
        MaxWindowUpdatesPerDataFrame = MaxWindowUpdatesPerDataFrame ?? defaults.MaxWindowUpdatesPerDataFrame,
    };
}
