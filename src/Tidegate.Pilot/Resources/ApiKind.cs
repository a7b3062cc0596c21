namespace Tidegate.Pilot.Resources;

/// <summary>A kind of object. The group is a part of it: Istio and the Gateway API both call a kind Gateway.</summary>
/// <param name="Group">The API group, such as <c>networking.istio.io</c>; empty for Kubernetes' core.</param>
/// <param name="Name">The kind's name in its group, such as <c>Gateway</c>.</param>
public readonly record struct ApiKind(string Group, string Name)
{
    /// <summary>The API group of an <c>apiVersion</c>; empty for Kubernetes' core.</summary>
    public static string GroupOf(string apiVersion) =>
        apiVersion.LastIndexOf('/') is var slash and >= 0 ? apiVersion[..slash] : string.Empty;

    /// <summary>The kind of that name in the group of an <c>apiVersion</c>.</summary>
    public static ApiKind Of(string apiVersion, string name) => new(GroupOf(apiVersion), name);

    /// <summary>The name alone.</summary>
    public override string ToString() => Name;
}

/// <summary>A type of objects that are all of one kind.</summary>
internal interface IHasApiKind
{
    /// <summary>The kind.</summary>
    static abstract ApiKind KindOfType { get; }
}

/// <summary>The API groups of the objects that are read.</summary>
internal static class ApiGroups
{
    /// <summary>Kubernetes' own first kinds.</summary>
    public const string Core = "";

    /// <summary>EndpointSlices.</summary>
    public const string Discovery = "discovery.k8s.io";

    /// <summary>Istio's routing.</summary>
    public const string Networking = "networking.istio.io";

    /// <summary>Istio's security.</summary>
    public const string Security = "security.istio.io";

    /// <summary>Envoy Gateway's policies.</summary>
    public const string EnvoyGateway = "gateway.envoyproxy.io";

    /// <summary>The Gateway API.</summary>
    public const string GatewayApi = "gateway.networking.k8s.io";
}
