using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Proxy.Compilation;

/// <summary>The user's object that a part of a resource comes from, as Istio writes it into metadata (<c>filter_metadata.istio.config</c>).</summary>
internal static class ConfigOrigin
{
    /// <summary>The path of the object, such as <c>/apis/networking.istio.io/v1/namespaces/prod/virtual-service/shop</c>; null when the metadata does not say.</summary>
    public static string? Of(Metadata? metadata) =>
        metadata is not null
        && metadata.FilterMetadata.TryGetValue("istio", out Struct? istio)
        && istio.Fields.TryGetValue("config", out Value? path)
        && path.StringValue.Length > 0
            ? path.StringValue
            : null;

    /// <summary>The object for response code details: <c>virtual-service:prod/shop</c>; <paramref name="otherwise"/> where there is none.</summary>
    public static string Describe(string? path, string otherwise) =>
        path?.Split('/') is [.., "namespaces", var nameSpace, var kind, var name] ? $"{kind}:{nameSpace}/{name}" : otherwise;
}
