using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads <c>connectionSettings</c> of the mesh's <c>defaultConfig</c> (Istio: <c>mesh/v1alpha1/proxy.proto</c>).</summary>
internal static class ConnectionSettingsReading
{
    public static ConnectionSettings Read(ObjectReader settings)
    {
        MeshFields.Apply(MeshFields.ConnectionSettings, settings);
        return new ConnectionSettings
        {
            IsEdge = settings.OptionalEnum("profile", ("SIDECAR", Profile.Sidecar), ("EDGE", Profile.Edge)) == Profile.Edge,
            ListenerBufferBytes = settings.OptionalUnsigned("listenerPerConnectionBufferLimitBytes"),
            ClusterBufferBytes = settings.OptionalUnsigned("clusterPerConnectionBufferLimitBytes"),
            IdleTimeout = settings.Duration("httpIdleTimeout"),
            MaxConnectionDuration = settings.Duration("httpMaxConnectionDuration"),
            DrainTimeout = settings.Duration("httpDrainTimeout"),
            RequestTimeout = settings.Duration("httpRequestTimeout"),
            RequestHeadersTimeout = settings.Duration("httpRequestHeadersTimeout"),
            StreamIdleTimeout = settings.Duration("httpStreamIdleTimeout"),
            MaxStreamDuration = settings.Duration("httpMaxStreamDuration"),
            MaxConcurrentStreams = settings.OptionalUnsigned("httpMaxConcurrentStreams"),
            InitialStreamWindowSize = settings.OptionalUnsigned("http2InitialStreamWindowSize"),
            InitialConnectionWindowSize = settings.OptionalUnsigned("http2InitialConnectionWindowSize"),
            Underscores = settings.Enum(
                "httpHeadersWithUnderscoresAction",
                ("HEADERS_WITH_UNDERSCORES_UNSPECIFIED", UnderscoreAction.Unspecified),
                ("HEADERS_WITH_UNDERSCORES_ALLOW", UnderscoreAction.Allow),
                ("HEADERS_WITH_UNDERSCORES_REJECT_REQUEST", UnderscoreAction.Reject),
                ("HEADERS_WITH_UNDERSCORES_DROP_HEADER", UnderscoreAction.Drop)),
            MergeSlashes = settings.OptionalFlag("httpMergeSlashes"),
            EscapedSlashes = settings.Enum(
                "httpPathWithEscapedSlashesAction",
                ("PATH_WITH_ESCAPED_SLASHES_UNSPECIFIED", EscapedSlashAction.Unspecified),
                ("KEEP_UNCHANGED", EscapedSlashAction.Keep),
                ("REJECT_REQUEST", EscapedSlashAction.Reject),
                ("UNESCAPE_AND_REDIRECT", EscapedSlashAction.UnescapeAndRedirect),
                ("UNESCAPE_AND_FORWARD", EscapedSlashAction.UnescapeAndForward)),
        };
    }

    private enum Profile
    {
        Sidecar,
        Edge,
    }
}
