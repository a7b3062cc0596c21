namespace Tidegate.Pilot.Resources;

/// <summary>Settings of selected proxies (Istio: <c>networking/v1beta1/proxy_config.proto</c>).</summary>
/// <param name="Metadata">Name, namespace, labels, annotations.</param>
/// <param name="Origin">Where it was read.</param>
/// <param name="Spec">What it says.</param>
public sealed record ProxyConfig(ResourceMetadata Metadata, Origin Origin, ProxyConfigSpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Networking, "ProxyConfig");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary><c>ProxyConfig.spec</c>.</summary>
public sealed record ProxyConfigSpec
{
    /// <summary><c>selector.matchLabels</c>; null for every proxy of the namespace.</summary>
    public IReadOnlyDictionary<string, string>? Selector { get; init; }

    /// <summary><c>concurrency</c>: how many workers; an option of the gateway's own start here, so it is checked and has no effect.</summary>
    public int? Concurrency { get; init; }

    /// <summary><c>environmentVariables</c>: those named <c>ISTIO_META_*</c> are node metadata.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = ResourceMetadata.NoEntries;
}
