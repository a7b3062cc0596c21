using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.Services;
using HttpProtocolOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>A cluster in the making, with the HTTP options that are packed into it at the end.</summary>
internal sealed class ClusterDraft(Cluster cluster, MeshService service, MeshServicePort port)
{
    private const string HttpProtocolOptionsKey = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    private HttpProtocolOptions? _http;

    public Cluster Cluster { get; } = cluster;

    public MeshService Service { get; } = service;

    public MeshServicePort Port { get; } = port;

    /// <summary>The HTTP options; asking for them makes them part of the cluster.</summary>
    public HttpProtocolOptions Http => _http ??= new HttpProtocolOptions();

    /// <summary>Whether the upstream is spoken to in HTTP/2, whatever the client speaks.</summary>
    public bool IsHttp2 => _http?.ExplicitHttpConfig?.Http2ProtocolOptions is not null;

    /// <summary>Speaks HTTP/2, unless another protocol is chosen already.</summary>
    public void UseHttp2()
    {
        if (Http.UpstreamProtocolOptionsCase == HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.None)
        {
            Http.ExplicitHttpConfig = new HttpProtocolOptions.Types.ExplicitHttpConfig { Http2ProtocolOptions = new Http2ProtocolOptions() };
        }
    }

    /// <summary>Speaks HTTP/1.1 and keeps the names of fields in their case, which HTTP/2 could not.</summary>
    public void PreserveHeaderCase()
    {
        var http1 = new Http1ProtocolOptions();
        HeaderCase.Preserve(http1);
        Http.ExplicitHttpConfig = new HttpProtocolOptions.Types.ExplicitHttpConfig { HttpProtocolOptions = http1 };
    }

    /// <summary>Speaks what the client of each request speaks.</summary>
    public void UseClientProtocol() => Http.UseDownstreamProtocolConfig = new HttpProtocolOptions.Types.UseDownstreamHttpConfig
    {
        HttpProtocolOptions = Http.ExplicitHttpConfig?.HttpProtocolOptions ?? new Http1ProtocolOptions(),
        Http2ProtocolOptions = new Http2ProtocolOptions(),
    };

    public Cluster Build()
    {
        if (_http is not null)
        {
            // Envoy refuses options that do not say the protocol.
            if (_http.UpstreamProtocolOptionsCase == HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.None)
            {
                _http.ExplicitHttpConfig = new HttpProtocolOptions.Types.ExplicitHttpConfig { HttpProtocolOptions = new Http1ProtocolOptions() };
            }
            Cluster.TypedExtensionProtocolOptions[HttpProtocolOptionsKey] = Any.Pack(_http);
        }
        return Cluster;
    }
}
