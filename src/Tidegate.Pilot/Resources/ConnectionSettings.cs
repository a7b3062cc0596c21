namespace Tidegate.Pilot.Resources;

/// <summary>
/// Limits of a gateway's connections, <c>defaultConfig.connectionSettings</c> (Istio: <c>ProxyConfig.ConnectionSettings</c>). What is not set
/// changes nothing, except under the profile <c>EDGE</c>, which has values of its own.
/// </summary>
public sealed record ConnectionSettings
{
    /// <summary>Whether <c>profile</c> is <c>EDGE</c>.</summary>
    public bool IsEdge { get; init; }

    /// <summary><c>listenerPerConnectionBufferLimitBytes</c>.</summary>
    public uint? ListenerBufferBytes { get; init; }

    /// <summary><c>clusterPerConnectionBufferLimitBytes</c>.</summary>
    public uint? ClusterBufferBytes { get; init; }

    /// <summary><c>httpIdleTimeout</c>.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary><c>httpMaxConnectionDuration</c>.</summary>
    public TimeSpan? MaxConnectionDuration { get; init; }

    /// <summary><c>httpDrainTimeout</c>.</summary>
    public TimeSpan? DrainTimeout { get; init; }

    /// <summary><c>httpRequestTimeout</c>.</summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary><c>httpRequestHeadersTimeout</c>.</summary>
    public TimeSpan? RequestHeadersTimeout { get; init; }

    /// <summary><c>httpStreamIdleTimeout</c>.</summary>
    public TimeSpan? StreamIdleTimeout { get; init; }

    /// <summary><c>httpMaxStreamDuration</c>.</summary>
    public TimeSpan? MaxStreamDuration { get; init; }

    /// <summary><c>httpMaxConcurrentStreams</c>.</summary>
    public uint? MaxConcurrentStreams { get; init; }

    /// <summary><c>http2InitialStreamWindowSize</c>.</summary>
    public uint? InitialStreamWindowSize { get; init; }

    /// <summary><c>http2InitialConnectionWindowSize</c>.</summary>
    public uint? InitialConnectionWindowSize { get; init; }

    /// <summary><c>httpHeadersWithUnderscoresAction</c>.</summary>
    public UnderscoreAction Underscores { get; init; }

    /// <summary><c>httpMergeSlashes</c>.</summary>
    public bool? MergeSlashes { get; init; }

    /// <summary><c>httpPathWithEscapedSlashesAction</c>.</summary>
    public EscapedSlashAction EscapedSlashes { get; init; }

    /// <summary>The settings with what the profile <c>EDGE</c> has where nothing is set (Istio: <c>applyEdgeProfileDefaults</c>).</summary>
    public ConnectionSettings WithProfile() => !IsEdge ? this : this with
    {
        ListenerBufferBytes = ListenerBufferBytes ?? 32_768,
        IdleTimeout = IdleTimeout ?? TimeSpan.FromHours(1),
        StreamIdleTimeout = StreamIdleTimeout ?? TimeSpan.FromMinutes(5),
        RequestTimeout = RequestTimeout ?? TimeSpan.FromMinutes(5),
        RequestHeadersTimeout = RequestHeadersTimeout ?? TimeSpan.FromSeconds(60),
        MaxConcurrentStreams = MaxConcurrentStreams ?? 100,
        InitialStreamWindowSize = InitialStreamWindowSize ?? 65_536,
        InitialConnectionWindowSize = InitialConnectionWindowSize ?? 1_048_576,
        Underscores = Underscores == UnderscoreAction.Unspecified ? UnderscoreAction.Reject : Underscores,
        MergeSlashes = MergeSlashes ?? true,
        EscapedSlashes = EscapedSlashes == EscapedSlashAction.Unspecified ? EscapedSlashAction.UnescapeAndRedirect : EscapedSlashes,
    };
}

/// <summary>What becomes of requests with an underscore in a field's name.</summary>
public enum UnderscoreAction
{
    /// <summary>Not set.</summary>
    Unspecified,

    /// <summary>They pass.</summary>
    Allow,

    /// <summary>They are refused with 400.</summary>
    Reject,

    /// <summary>The field is taken off.</summary>
    Drop,
}

/// <summary>What becomes of paths with <c>%2F</c> or <c>%5C</c>.</summary>
public enum EscapedSlashAction
{
    /// <summary>Not set.</summary>
    Unspecified,

    /// <summary>They stay.</summary>
    Keep,

    /// <summary>They are refused with 400.</summary>
    Reject,

    /// <summary>The client is sent to the path with slashes.</summary>
    UnescapeAndRedirect,

    /// <summary>The request goes on with slashes.</summary>
    UnescapeAndForward,
}
