using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Clusters;

/// <summary>How endpoints with certain metadata are connected to (Envoy: <c>transport_socket_matches</c>). Immutable.</summary>
/// <param name="Criteria">What an endpoint's metadata must have; null for nothing.</param>
/// <param name="Tls">TLS with it; null for plain TCP.</param>
internal sealed record TransportMatch(Struct? Criteria, UpstreamTls? Tls)
{
    private const string MetadataKey = "envoy.transport_socket_match";

    /// <summary>Whether an endpoint fits.</summary>
    public bool Fits(Metadata? metadata)
    {
        if (Criteria is null || Criteria.Fields.Count == 0)
        {
            return true;
        }

        return metadata is not null
            && metadata.FilterMetadata.TryGetValue(MetadataKey, out Struct? given)
            && Criteria.Fields.All(field => given.Fields.TryGetValue(field.Key, out Value? value) && value.Equals(field.Value));
    }
}
