using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Envoy.Extensions.TransportSockets.RawBuffer.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary><c>proxyProtocol</c>: every upstream connection begins with a PROXY header (spec 5.4).</summary>
internal static class ProxyProtocolTranslation
{
    public static void Apply(Cluster cluster, ProxyProtocolVersion? version)
    {
        if (version is null)
        {
            return;
        }
        var inner = cluster.TransportSocket
            ?? new TransportSocket { Name = "envoy.transport_sockets.raw_buffer", TypedConfig = Any.Pack(new RawBuffer()) };
        cluster.TransportSocket = new TransportSocket
        {
            Name = "envoy.transport_sockets.upstream_proxy_protocol",
            TypedConfig = Any.Pack(new ProxyProtocolUpstreamTransport
            {
                Config = new ProxyProtocolConfig
                {
                    Version = version == ProxyProtocolVersion.V2 ? ProxyProtocolConfig.Types.Version.V2 : ProxyProtocolConfig.Types.Version.V1,
                },
                TransportSocket = inner,
            }),
        };
    }
}
