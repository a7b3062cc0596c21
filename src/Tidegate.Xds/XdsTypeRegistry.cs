using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Xds;

/// <summary>Every message type of this assembly, to read and print what stands in an <see cref="Any"/>.</summary>
public static class XdsTypeRegistry
{
    /// <summary>The registry for <see cref="JsonParser"/> and for finding a type by its URL. A type that is not in it has to be carried along unread.</summary>
    public static TypeRegistry Instance { get; } = TypeRegistry.FromFiles(
        // The files of Protos/roots.txt; what they import comes with them.
        Envoy.Admin.V3.CertsReflection.Descriptor,
        Envoy.Admin.V3.ClustersReflection.Descriptor,
        Envoy.Admin.V3.ConfigDumpReflection.Descriptor,
        Envoy.Admin.V3.ConfigDumpSharedReflection.Descriptor,
        Envoy.Admin.V3.ListenersReflection.Descriptor,
        Envoy.Admin.V3.MemoryReflection.Descriptor,
        Envoy.Admin.V3.ServerInfoReflection.Descriptor,
        Envoy.Config.Bootstrap.V3.BootstrapReflection.Descriptor,
        Envoy.Config.Cluster.V3.ClusterReflection.Descriptor,
        Envoy.Config.Endpoint.V3.EndpointReflection.Descriptor,
        Envoy.Config.Listener.V3.ListenerReflection.Descriptor,
        Envoy.Config.Rbac.V3.RbacReflection.Descriptor,
        Envoy.Config.Route.V3.RouteReflection.Descriptor,
        Envoy.Extensions.AccessLoggers.File.V3.FileReflection.Descriptor,
        Envoy.Extensions.AccessLoggers.Stream.V3.StreamReflection.Descriptor,
        Envoy.Extensions.Compression.Brotli.Compressor.V3.BrotliReflection.Descriptor,
        Envoy.Extensions.Compression.Gzip.Compressor.V3.GzipReflection.Descriptor,
        Envoy.Extensions.Compression.Zstd.Compressor.V3.ZstdReflection.Descriptor,
        Envoy.Extensions.Filters.Http.ApiKeyAuth.V3.ApiKeyAuthReflection.Descriptor,
        Envoy.Extensions.Filters.Http.BandwidthLimit.V3.BandwidthLimitReflection.Descriptor,
        Envoy.Extensions.Filters.Http.BasicAuth.V3.BasicAuthReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Buffer.V3.BufferReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Compressor.V3.CompressorReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Cors.V3.CorsReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Csrf.V3.CsrfReflection.Descriptor,
        Envoy.Extensions.Filters.Http.ExtAuthz.V3.ExtAuthzReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Fault.V3.FaultReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Geoip.V3.GeoipReflection.Descriptor,
        Envoy.Extensions.Filters.Http.GrpcStats.V3.ConfigReflection.Descriptor,
        Envoy.Extensions.Filters.Http.GrpcWeb.V3.GrpcWebReflection.Descriptor,
        Envoy.Extensions.Filters.Http.HeaderMutation.V3.HeaderMutationReflection.Descriptor,
        Envoy.Extensions.Filters.Http.HealthCheck.V3.HealthCheckReflection.Descriptor,
        Envoy.Extensions.Filters.Http.JwtAuthn.V3.ConfigReflection.Descriptor,
        Envoy.Extensions.Filters.Http.LocalRatelimit.V3.LocalRateLimitReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Oauth2.V3.OauthReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Ratelimit.V3.RateLimitReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Rbac.V3.RbacReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Router.V3.RouterReflection.Descriptor,
        Envoy.Extensions.Filters.Listener.ProxyProtocol.V3.ProxyProtocolReflection.Descriptor,
        Envoy.Extensions.Filters.Listener.TlsInspector.V3.TlsInspectorReflection.Descriptor,
        Envoy.Extensions.Filters.Network.ConnectionLimit.V3.ConnectionLimitReflection.Descriptor,
        Envoy.Extensions.Filters.Network.ExtAuthz.V3.ExtAuthzReflection.Descriptor,
        Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManagerReflection.Descriptor,
        Envoy.Extensions.Filters.Network.LocalRatelimit.V3.LocalRateLimitReflection.Descriptor,
        Envoy.Extensions.Filters.Network.Ratelimit.V3.RateLimitReflection.Descriptor,
        Envoy.Extensions.Filters.Network.Rbac.V3.RbacReflection.Descriptor,
        Envoy.Extensions.Filters.Network.TcpProxy.V3.TcpProxyReflection.Descriptor,
        Envoy.Extensions.GeoipProviders.Maxmind.V3.MaxmindReflection.Descriptor,
        Envoy.Extensions.Http.HeaderFormatters.PreserveCase.V3.PreserveCaseReflection.Descriptor,
        Envoy.Extensions.InternalRedirect.AllowListedRoutes.V3.AllowListedRoutesConfigReflection.Descriptor,
        Envoy.Extensions.InternalRedirect.PreviousRoutes.V3.PreviousRoutesConfigReflection.Descriptor,
        Envoy.Extensions.InternalRedirect.SafeCrossScheme.V3.SafeCrossSchemeConfigReflection.Descriptor,
        Envoy.Extensions.RequestId.Uuid.V3.UuidReflection.Descriptor,
        Envoy.Extensions.Path.Match.UriTemplate.V3.UriTemplateMatchReflection.Descriptor,
        Envoy.Extensions.Retry.Host.PreviousHosts.V3.PreviousHostsReflection.Descriptor,
        Envoy.Extensions.Retry.Priority.PreviousPriorities.V3.PreviousPrioritiesConfigReflection.Descriptor,
        Envoy.Extensions.TransportSockets.ProxyProtocol.V3.UpstreamProxyProtocolReflection.Descriptor,
        Envoy.Extensions.TransportSockets.RawBuffer.V3.RawBufferReflection.Descriptor,
        Envoy.Extensions.TransportSockets.Tls.V3.SecretReflection.Descriptor,
        Envoy.Extensions.TransportSockets.Tls.V3.TlsReflection.Descriptor,
        Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptionsReflection.Descriptor,
        Envoy.Service.Auth.V3.ExternalAuthReflection.Descriptor,
        Envoy.Service.Discovery.V3.AdsReflection.Descriptor,
        Envoy.Service.Discovery.V3.DiscoveryReflection.Descriptor,
        Envoy.Service.Ratelimit.V3.RlsReflection.Descriptor,
        Envoy.Service.Status.V3.CsdsReflection.Descriptor,
        Udpa.Type.V1.TypedStructReflection.Descriptor,
        global::Xds.Type.V3.TypedStructReflection.Descriptor,
        // Well-known types that may stand in an Any.
        Any.Descriptor.File,
        Duration.Descriptor.File,
        Empty.Descriptor.File,
        FieldMask.Descriptor.File,
        Struct.Descriptor.File,
        Timestamp.Descriptor.File,
        StringValue.Descriptor.File);

    /// <summary>The type that a URL names; null when it is none of ours.</summary>
    public static MessageDescriptor? Find(string typeUrl)
    {
        string fullName = Any.GetTypeName(typeUrl);
        return fullName.Length == 0 ? null : Instance.Find(fullName);
    }
}
