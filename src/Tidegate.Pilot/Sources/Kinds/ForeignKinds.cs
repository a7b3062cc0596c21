using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Kinds that analysis looks at and the gateway does not run on. They are kept as they were written (<see cref="ForeignObject"/>).</summary>
internal static class ForeignKinds
{
    private const string GatewayApi = "gateway.networking.k8s.io";

    private static readonly (string Group, string Kind, bool IsNamespaced)[] All =
    [
        (string.Empty, "Node", false),
        ("apps", "Deployment", true),
        ("apps", "StatefulSet", true),
        ("apps", "DaemonSet", true),
        ("apps", "ReplicaSet", true),
        ("networking.istio.io", "Sidecar", true),
        ("telemetry.istio.io", "Telemetry", true),
        ("extensions.istio.io", "WasmPlugin", true),
        (GatewayApi, "Gateway", true),
        (GatewayApi, "HTTPRoute", true),
        (GatewayApi, "GRPCRoute", true),
        ("apiextensions.k8s.io", "CustomResourceDefinition", false),
    ];

    /// <summary>Whether analysis looks at a kind; says by what name, and whether objects of it live in a namespace.</summary>
    public static (string KindName, bool IsNamespaced)? Find(string kind, string apiVersion)
    {
        string group = KnownKinds.GroupOf(apiVersion);
        foreach ((string knownGroup, string knownKind, bool isNamespaced) in All)
        {
            if (knownGroup == group && knownKind == kind)
            {
                return (group == GatewayApi && kind == "Gateway" ? ForeignObject.KubernetesGateway : kind, isNamespaced);
            }
        }

        return null;
    }
}
