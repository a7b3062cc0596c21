using Envoy.Config.Endpoint.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.Reflection;

namespace Tidegate.Xds;

/// <summary>The type URLs of the five resource types that a control plane sends (Envoy: xDS protocol, "Resource types").</summary>
public static class XdsTypes
{
    /// <summary>What precedes a message's full name in a type URL.</summary>
    public const string Prefix = "type.googleapis.com/";

    /// <summary>A listener (LDS).</summary>
    public static readonly string Listener = UrlOf(Envoy.Config.Listener.V3.Listener.Descriptor);

    /// <summary>A route configuration (RDS).</summary>
    public static readonly string Route = UrlOf(RouteConfiguration.Descriptor);

    /// <summary>A cluster (CDS).</summary>
    public static readonly string Cluster = UrlOf(Envoy.Config.Cluster.V3.Cluster.Descriptor);

    /// <summary>A cluster's endpoints (EDS).</summary>
    public static readonly string Endpoint = UrlOf(ClusterLoadAssignment.Descriptor);

    /// <summary>A certificate, a key or a validation context (SDS).</summary>
    public static readonly string Secret = UrlOf(Envoy.Extensions.TransportSockets.Tls.V3.Secret.Descriptor);

    /// <summary>All of them in the order in which a change has to be applied: what is referred to comes before what refers to it.</summary>
    public static readonly IReadOnlyList<string> InApplyOrder = [Secret, Cluster, Endpoint, Route, Listener];

    /// <summary>The type URL of a message type.</summary>
    public static string UrlOf(MessageDescriptor descriptor) => Prefix + descriptor.FullName;
}
