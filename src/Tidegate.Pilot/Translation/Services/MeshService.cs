using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>How the endpoints of a service are found (Istio: <c>model.Resolution</c>).</summary>
internal enum ServiceResolution
{
    /// <summary>By us: endpoints are addresses.</summary>
    ClientSideLb,

    /// <summary>A headless Service, or a ServiceEntry without resolution: on a gateway like <see cref="ClientSideLb"/>.</summary>
    Passthrough,

    /// <summary>By the proxy, from DNS; every address is an endpoint.</summary>
    Dns,

    /// <summary>By the proxy, from DNS; one address at a time.</summary>
    DnsRoundRobin,

    /// <summary>By the proxy, from the host of each request.</summary>
    DynamicDns,

    /// <summary>Another name for another service: no cluster of its own.</summary>
    Alias,
}

/// <summary>A port of a service.</summary>
/// <param name="Number">The number that clients use.</param>
/// <param name="Name">Its name; may be empty.</param>
/// <param name="Protocol">What it carries.</param>
/// <param name="TargetPort">The number behind it, when it is known and the same everywhere.</param>
internal sealed record MeshServicePort(int Number, string Name, PortProtocol Protocol, int? TargetPort);

/// <summary>
/// A name that traffic can be sent to, with its ports: what a Kubernetes Service or one host of a ServiceEntry is to the mesh
/// (Istio: <c>model.Service</c>).
/// </summary>
internal sealed record MeshService
{
    public required string Hostname { get; init; }

    /// <summary>The object's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Service's name; of a ServiceEntry, the host.</summary>
    public required string Name { get; init; }

    /// <summary>The Service, or the ServiceEntries, that define it.</summary>
    public required IReadOnlyList<Resource> Sources { get; init; }

    public required IReadOnlyList<MeshServicePort> Ports { get; init; }

    public required ServiceResolution Resolution { get; init; }

    /// <summary>As written; empty for the mesh's default.</summary>
    public IReadOnlyList<string> ExportTo { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Which endpoints it wants its traffic to go to first.</summary>
    public TrafficDistribution TrafficDistribution { get; init; }

    /// <summary>Whether only endpoints on the gateway's own node get traffic (<c>internalTrafficPolicy: Local</c>).</summary>
    public bool IsNodeLocal { get; init; }

    /// <summary>Whether a name's addresses are tried until one answers (annotation <c>istio.io/connect-strategy: RACE_FIRST_TCP_CONNECT</c>).</summary>
    public bool RacesAddresses { get; init; }

    /// <summary>Whether it lies outside the mesh.</summary>
    public bool IsMeshExternal { get; init; }

    /// <summary>Whether it comes from a Kubernetes Service.</summary>
    public bool IsKubernetes { get; init; }

    /// <summary>What an <see cref="ServiceResolution.Alias"/> stands for, or the name that the proxy resolves in its place (Service of type ExternalName).</summary>
    public string? ExternalName { get; init; }

    /// <summary>The names that its certificate may have besides the accounts of its endpoints (ServiceEntry).</summary>
    public IReadOnlyList<string> SubjectAltNames { get; init; } = [];

    /// <summary>Whether its cluster resolves names itself, with the endpoints in the cluster.</summary>
    public bool IsResolvedByProxy => Resolution is ServiceResolution.Dns or ServiceResolution.DnsRoundRobin;
}
