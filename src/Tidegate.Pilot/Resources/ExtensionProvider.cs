namespace Tidegate.Pilot.Resources;

/// <summary>Whom a policy of action CUSTOM can ask (Istio: <c>MeshConfig.ExtensionProvider</c>, its authorizers).</summary>
public sealed record ExtensionProvider
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>Whether it is an authorizer at all: <c>envoyExtAuthzHttp</c> or <c>envoyExtAuthzGrpc</c>.</summary>
    public bool IsAuthorizer { get; init; }

    /// <summary>Whether it speaks gRPC.</summary>
    public bool IsGrpc { get; init; }

    /// <summary><c>service</c>: a host, or a namespace, a slash and a host.</summary>
    public string Service { get; init; } = string.Empty;

    /// <summary><c>port</c>.</summary>
    public uint Port { get; init; }

    /// <summary><c>timeout</c>; null for 600 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary><c>pathPrefix</c>.</summary>
    public string PathPrefix { get; init; } = string.Empty;

    /// <summary><c>failOpen</c>.</summary>
    public bool FailOpen { get; init; }

    /// <summary><c>statusOnError</c>; empty for 403.</summary>
    public string StatusOnError { get; init; } = string.Empty;

    /// <summary><c>clearRouteCache</c>.</summary>
    public bool ClearRouteCache { get; init; }

    /// <summary><c>includeRequestHeadersInCheck</c>, before <c>includeHeadersInCheck</c>.</summary>
    public IReadOnlyList<string> IncludeRequestHeadersInCheck { get; init; } = [];

    /// <summary><c>includeAdditionalHeadersInCheck</c>.</summary>
    public IReadOnlyDictionary<string, string> IncludeAdditionalHeadersInCheck { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>includeRequestBodyInCheck</c>; null for none of it.</summary>
    public ExtensionProviderBody? IncludeRequestBodyInCheck { get; init; }

    /// <summary><c>headersToUpstreamOnAllow</c>.</summary>
    public IReadOnlyList<string> HeadersToUpstreamOnAllow { get; init; } = [];

    /// <summary><c>headersToDownstreamOnDeny</c>; empty for all.</summary>
    public IReadOnlyList<string> HeadersToDownstreamOnDeny { get; init; } = [];

    /// <summary><c>headersToDownstreamOnAllow</c>.</summary>
    public IReadOnlyList<string> HeadersToDownstreamOnAllow { get; init; } = [];
}

/// <summary><c>includeRequestBodyInCheck</c>.</summary>
/// <param name="MaxRequestBytes"><c>maxRequestBytes</c>.</param>
/// <param name="AllowPartialMessage"><c>allowPartialMessage</c>.</param>
/// <param name="PackAsBytes"><c>packAsBytes</c>.</param>
public sealed record ExtensionProviderBody(uint MaxRequestBytes, bool AllowPartialMessage, bool PackAsBytes);
