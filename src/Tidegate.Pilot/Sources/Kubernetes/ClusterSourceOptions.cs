namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>What of a cluster is read, and how.</summary>
public sealed record ClusterSourceOptions
{
    /// <summary>The namespaces whose Secrets are read: Istio's gateways have theirs in their own.</summary>
    public IReadOnlyList<string> SecretNamespaces { get; init; } = ["istio-system"];

    /// <summary>The labels that a Secret has to have to be read, as a selector; empty for all of those namespaces.</summary>
    public string SecretSelector { get; init; } = string.Empty;

    /// <summary>The namespace of the mesh's configuration.</summary>
    public string RootNamespace { get; init; } = "istio-system";

    /// <summary>The namespace of objects that name none, which those of a cluster do not.</summary>
    public string DefaultNamespace { get; init; } = "default";

    /// <summary>How long an answer or an event may be, bytes.</summary>
    public long MaxObjectBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long the API server is waited for at the start until the copy of an earlier run is taken.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where the copy is; empty keeps none.</summary>
    public string CopyFolder { get; init; } = string.Empty;

    /// <summary>How old the copy may be while objects change.</summary>
    public TimeSpan CopyInterval { get; init; } = TimeSpan.FromSeconds(5);
}
