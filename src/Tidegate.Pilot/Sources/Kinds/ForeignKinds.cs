using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Kinds that analysis looks at and the gateway does not run on. They are kept as they were written (<see cref="ForeignObject"/>).</summary>
internal static class ForeignKinds
{
    private static readonly (ApiKind Kind, bool IsNamespaced)[] All =
    [
        (new(ApiGroups.Core, "Node"), false),
        (new("apps", "Deployment"), true),
        (new("apps", "StatefulSet"), true),
        (new("apps", "DaemonSet"), true),
        (new("apps", "ReplicaSet"), true),
        (new(ApiGroups.Networking, "Sidecar"), true),
        (new("telemetry.istio.io", "Telemetry"), true),
        (new("extensions.istio.io", "WasmPlugin"), true),
        (new(ApiGroups.GatewayApi, "Gateway"), true),
        (new(ApiGroups.GatewayApi, "HTTPRoute"), true),
        (new(ApiGroups.GatewayApi, "GRPCRoute"), true),
        (new("apiextensions.k8s.io", "CustomResourceDefinition"), false),
    ];

    /// <summary>Whether objects of a kind live in a namespace; null for a kind that analysis does not look at.</summary>
    public static bool? IsNamespaced(ApiKind kind)
    {
        foreach ((ApiKind known, bool isNamespaced) in All)
        {
            if (known == kind)
            {
                return isNamespaced;
            }
        }

        return null;
    }
}
