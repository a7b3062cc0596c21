using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Pilot.Translation;

/// <summary>Which object a route or a cluster comes from, as Istio writes it into their metadata and <c>istioctl</c> reads it (cli.md 2.5).</summary>
public static class ConfigMetadata
{
    /// <summary>The key of Istio's metadata.</summary>
    public const string Key = "istio";

    /// <summary>Metadata with nothing but the object.</summary>
    /// <param name="kind">The kind in lower case with dashes, such as <c>virtual-service</c>.</param>
    /// <param name="namespaceName">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="version">1.16 names <c>v1alpha3</c> objects, current Istio <c>v1</c>, whatever was written.</param>
    public static Metadata Of(string kind, string namespaceName, string name, CompatibilityVersion version) => new()
    {
        FilterMetadata = { [Key] = new Struct { Fields = { ["config"] = Value.ForString(Path(kind, namespaceName, name, version)) } } },
    };

    /// <summary>The path of an object in the Kubernetes API.</summary>
    public static string Path(string kind, string namespaceName, string name, CompatibilityVersion version)
    {
        var apiVersion = version == CompatibilityVersion.Istio1_16 ? "v1alpha3" : "v1";
        return $"/apis/networking.istio.io/{apiVersion}/namespaces/{namespaceName}/{kind}/{name}";
    }
}
