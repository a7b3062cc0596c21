using Envoy.Config.Core.V3;
using Tidegate.Proxy.Runtime;

// Fields that Envoy calls deprecated are what control planes still send.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles what a listener says of HTTP/2, and tells what of it is not acted on.</summary>
internal static class Http2OptionsCompiler
{
    // More costs memory of every client, and nobody needs it.
    private const uint LargestTable = 64 * 1024;

    /// <summary>Compiles it; null says nothing.</summary>
    public static RuntimeHttp2Options Compile(Http2ProtocolOptions? options, CompileScope scope)
    {
        if (options is null)
        {
            return new RuntimeHttp2Options();
        }

        scope.NoteIf(options.ConnectionKeepalive is not null, "connection_keepalive is not acted on");
        scope.NoteIf(options.AllowMetadata, "allow_metadata is not acted on: METADATA frames are ignored");
        scope.NoteIf(options.MaxOutboundFrames is not null, "max_outbound_frames is not acted on: what waits to be sent is bounded in bytes");
        scope.NoteIf(options.StreamErrorOnInvalidHttpMessaging || options.OverrideStreamErrorOnInvalidHttpMessage is not null,
            "stream_error_on_invalid_http_message is not acted on: a malformed message always ends its stream only");
        scope.NoteIf(options.CustomSettingsParameters.Count > 0, "custom_settings_parameters is not acted on");
        scope.NoteIf(options.HpackTableSize > LargestTable, $"hpack_table_size is taken as {LargestTable}");
        return new RuntimeHttp2Options
        {
            MaxConcurrentStreams = Bounded(options.MaxConcurrentStreams),
            StreamWindowBytes = Bounded(options.InitialStreamWindowSize),
            ConnectionWindowBytes = Bounded(options.InitialConnectionWindowSize),
            TableBytes = options.HpackTableSize is { } table ? (int)Math.Min(table, LargestTable) : null,
            AllowsExtendedConnect = options.AllowConnect,
            MaxControlFrames = Bounded(options.MaxOutboundControlFrames),
            MaxEmptyFrames = Bounded(options.MaxConsecutiveInboundFramesWithEmptyPayload),
            MaxPriorityFramesPerStream = Bounded(options.MaxInboundPriorityFramesPerStream),
            MaxWindowUpdatesPerDataFrame = Bounded(options.MaxInboundWindowUpdateFramesPerDataFrameSent),
        };
    }

    private static int? Bounded(uint? value) => value is { } number ? (int)Math.Min(number, int.MaxValue) : null;
}
