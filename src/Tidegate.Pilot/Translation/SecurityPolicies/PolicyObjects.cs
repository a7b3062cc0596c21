using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary>The objects that a policy names: of its own namespace.</summary>
/// <param name="nameSpace">The namespace.</param>
/// <param name="objects">All objects.</param>
/// <param name="services">The services that the gateway sees.</param>
/// <param name="mesh">What holds for the whole mesh.</param>
/// <param name="keySets">The key sets that have been fetched.</param>
internal sealed class PolicyObjects(string nameSpace, ObjectSet objects, ServiceIndex services, MeshSettings mesh, IReadOnlyDictionary<KeySetSource, string> keySets)
{
    /// <summary>The key sets that have been fetched.</summary>
    public IReadOnlyDictionary<KeySetSource, string> KeySets => keySets;

    /// <summary>The providers that have said where their endpoints are.</summary>
    public IReadOnlyDictionary<OpenIdProviderSource, OpenIdProvider> Providers { get; init; } = TranslationInput.NoProviders;

    /// <summary>A Secret; null when there is none of that name.</summary>
    public Secret? Secret(NamedObject reference) => objects.Find<Secret>(nameSpace, reference.Name);

    /// <summary>A ConfigMap; null when there is none of that name.</summary>
    public ConfigMap? ConfigMap(NamedObject reference) => objects.Find<ConfigMap>(nameSpace, reference.Name);

    /// <summary>The cluster of a service, and the host that it is asked by; null, and what is wrong, when it cannot be asked.</summary>
    public (string Cluster, string Host)? Backend(BackendReference backend, out string problem)
    {
        string host = HostNames.Expand(backend.Object.Name, nameSpace, mesh.DomainSuffix);
        int port = (int)(backend.Port ?? 0);
        MeshService? service = services.Find(host, nameSpace);
        problem = service is null ? $"there is no Service \"{backend.Object.Name}\" in namespace {nameSpace} that the gateway can see"
            : service.Ports.All(known => known.Number != port) ? $"Service {nameSpace}/{backend.Object.Name} has no port {port}"
            : string.Empty;
        return problem.Length > 0 ? null : (new ClusterName(port, "", service!.Hostname).ToString(), service.Hostname);
    }

    /// <summary>The cluster of the service that a URL leads to; null when it is none of the mesh.</summary>
    public string? ClusterOf(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && services.Find(uri.Host, nameSpace) is { } service && service.Ports.Any(port => port.Number == uri.Port)
            ? new ClusterName(uri.Port, "", service.Hostname).ToString()
            : null;
}
