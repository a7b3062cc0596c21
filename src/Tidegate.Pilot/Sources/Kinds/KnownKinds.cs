using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>A kind of object that the gateway reads.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="ApiVersions">The <c>apiVersion</c>s that it is read in, the preferred one first.</param>
/// <param name="IsNamespaced">Whether it lives in a namespace.</param>
/// <param name="Read">Makes the object of what remains besides kind, version and metadata.</param>
internal sealed record KnownKind(
    string Kind,
    IReadOnlyList<string> ApiVersions,
    bool IsNamespaced,
    Func<ResourceMetadata, Origin, ObjectReader, Resource> Read)
{
    /// <summary>Whether its objects keep requests out: then a field that nobody knows is an error.</summary>
    public bool Guards { get; init; }

    /// <summary>What tells it from all other kinds.</summary>
    public ApiKind ApiKind { get; } = ApiKind.Of(ApiVersions[0], Kind);

    /// <summary>Its API group.</summary>
    public string Group => ApiKind.Group;

    /// <summary>Whether it is one of Istio's, which are protobuf's JSON.</summary>
    public bool IsProtobuf => ApiVersions[0].Contains("istio.io/", StringComparison.Ordinal);
}

/// <summary>All kinds that the gateway reads; for any other see <see cref="OtherKinds"/>.</summary>
internal static class KnownKinds
{
    private static readonly string[] Networking = ["networking.istio.io/v1", "networking.istio.io/v1beta1", "networking.istio.io/v1alpha3"];
    private static readonly string[] Security = ["security.istio.io/v1", "security.istio.io/v1beta1"];
    private static readonly string[] Core = ["v1"];
    private static readonly string[] EnvoyGateway = [$"{ApiGroups.EnvoyGateway}/v1alpha1"];

    /// <summary>The list.</summary>
    public static readonly IReadOnlyList<KnownKind> All =
    [
        new("Gateway", Networking, true, (metadata, origin, root) => new Gateway(metadata, origin, Spec(root, GatewayReading.Read))),
        new("VirtualService", Networking, true, (metadata, origin, root) => new VirtualService(metadata, origin, Spec(root, VirtualServiceReading.Read))),
        new("DestinationRule", Networking, true, (metadata, origin, root) => new DestinationRule(metadata, origin, Spec(root, DestinationRuleReading.Read))),
        new("ServiceEntry", Networking, true, (metadata, origin, root) => new ServiceEntry(metadata, origin, Spec(root, ServiceEntryReading.Read))),
        new("WorkloadEntry", Networking, true, ServiceEntryReading.ReadWorkloadEntry),
        new("AuthorizationPolicy", Security, true, (metadata, origin, root) => new AuthorizationPolicy(metadata, origin, Spec(root, SecurityReading.ReadAuthorization))) { Guards = true },
        new("RequestAuthentication", Security, true, (metadata, origin, root) => new RequestAuthentication(metadata, origin, Spec(root, SecurityReading.ReadAuthentication))) { Guards = true },
        new("SecurityPolicy", EnvoyGateway, true, (metadata, origin, root) => new SecurityPolicy(metadata, origin, Spec(root, SecurityPolicyReading.Read))) { Guards = true },
        new("Service", Core, true, (metadata, origin, root) => new Service(metadata, origin, ServiceReading.Read(root))),
        new("EndpointSlice", ["discovery.k8s.io/v1"], true, (metadata, origin, root) => new EndpointSlice(metadata, origin, ServiceReading.ReadSlice(root))),
        new("Endpoints", Core, true, (metadata, origin, root) => new Endpoints(metadata, origin, ServiceReading.ReadEndpoints(root))),
        new("Pod", Core, true, (metadata, origin, root) => new Pod(metadata, origin, PodReading.Read(root))),
        new("Secret", Core, true, (metadata, origin, root) => new Secret(metadata, origin, root.Text("type"), SecretReading.ReadData(root))),
        new("ConfigMap", Core, true, MeshConfigReading.ReadConfigMap),
        new("ProxyConfig", Networking, true, (metadata, origin, root) => new ProxyConfig(metadata, origin, Spec(root, ServiceReading.ReadProxyConfig))),
        new("EnvoyFilter", Networking, true, (metadata, origin, root) => new EnvoyFilter(metadata, origin, Spec(root, EnvoyFilterReading.Read))),
        new("Namespace", Core, false, (metadata, origin, root) =>
        {
            root.Ignore("spec", "status");
            return new Namespace(metadata, origin);
        }),
    ];

    /// <summary>
    /// The kind of that name and API group; null when the gateway does not read it. A Gateway of Istio and one of the Gateway API
    /// have the same name and are two kinds.
    /// </summary>
    public static KnownKind? Find(string kind, string apiVersion)
    {
        var asked = ApiKind.Of(apiVersion, kind);
        return All.FirstOrDefault(known => known.ApiKind == asked);
    }

    private static T Spec<T>(ObjectReader root, Func<ObjectReader, T> read)
        where T : class, new()
    {
        root.Ignore("status");
        return root.Object("spec", read) ?? new T();
    }
}
