using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.RequestId.Uuid.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Rules.Values;
using static Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Types;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>The HTTP connection manager of a gateway's filter chain (spec 2.4).</summary>
internal static class HttpConnectionManagerTranslation
{
    public const string FilterName = "envoy.filters.network.http_connection_manager";

    /// <summary>The connection manager that serves a route configuration.</summary>
    /// <param name="routeName">The route configuration's name.</param>
    /// <param name="statPrefix">What its statistics begin with.</param>
    /// <param name="protocol">The server's protocol.</param>
    /// <param name="context">What listeners are translated with.</param>
    public static HttpConnectionManager Translate(string routeName, string statPrefix, PortProtocol protocol, ListenerContext context)
    {
        var (node, mesh) = (context.Node, context.Mesh);
        var manager = new HttpConnectionManager
        {
            CodecType = CodecType.Auto,
            StatPrefix = statPrefix,
            Rds = new Rds { ConfigSource = AdsSource(), RouteConfigName = routeName },
            UseRemoteAddress = true,
            XffNumTrustedHops = (uint)mesh.TrustedProxyCount,
            ForwardClientCertDetails = ForwardedClientCertOf(mesh),
            HttpProtocolOptions = new Http1ProtocolOptions { AcceptHttp10 = mesh.AcceptsHttp10 || node.Metadata.GetValueOrDefault("HTTP10") == "1" },
            Proxy100Continue = true,
            NormalizePath = mesh.PathNormalization != PathNormalization.None,
            MergeSlashes = mesh.PathNormalization is PathNormalization.MergeSlashes or PathNormalization.DecodeAndMergeSlashes,
            PathWithEscapedSlashesAction = mesh.PathNormalization == PathNormalization.DecodeAndMergeSlashes
                ? PathWithEscapedSlashesAction.UnescapeAndForward
                : PathWithEscapedSlashesAction.KeepUnchanged,
            UpgradeConfigs = { new UpgradeConfig { UpgradeType = "websocket" } },
            StreamIdleTimeout = Durations.Of(TimeSpan.Zero),
            AppendXForwardedPort = mesh.AppendsXForwardedPort,
            HttpFilters = { HttpFilters.For(protocol, routeName, context) },
            RequestIdExtension = new RequestIDExtension
            {
                TypedConfig = Any.Pack(new UuidRequestIdConfig { UseRequestIdForTraceSampling = true }),
            },
        };
        if (manager.ForwardClientCertDetails is ForwardClientCertDetails.AppendForward or ForwardClientCertDetails.SanitizeSet)
        {
            manager.SetCurrentClientCertDetails = new SetCurrentClientCertDetails { Subject = true, Cert = true, Dns = true, Uri = true };
        }
        if (mesh.PreservesHeaderCase)
        {
            HeaderCase.Preserve(manager.HttpProtocolOptions);
        }
        if (mesh.ServerHeaderDisabled)
        {
            manager.ServerHeaderTransformation = ServerHeaderTransformation.PassThrough;
        }
        else
        {
            manager.ServerName = mesh.ServerHeader;
        }
        if (mesh.RequestIdDisabled)
        {
            manager.GenerateRequestId = false;
        }
        if (IdleTimeout(node) is { } idleTimeout)
        {
            manager.CommonHttpProtocolOptions = new HttpProtocolOptions { IdleTimeout = Durations.Of(idleTimeout) };
        }
        if (mesh.ConnectionSettings is { } settings)
        {
            ConnectionSettingsTranslation.Apply(manager, settings);
        }
        if (AccessLogs.ForRequests(mesh) is { } accessLog)
        {
            manager.AccessLog.Add(accessLog);
        }
        return manager;
    }

    /// <summary>Configuration over the aggregated stream, awaited for ever: a listener never starts without its routes.</summary>
    public static ConfigSource AdsSource() => new()
    {
        Ads = new AggregatedConfigSource(),
        InitialFetchTimeout = Durations.Of(TimeSpan.Zero),
        ResourceApiVersion = ApiVersion.V3,
    };

    private static ForwardClientCertDetails ForwardedClientCertOf(MeshSettings mesh) => mesh.ForwardedClientCert switch
    {
        ForwardedClientCert.Sanitize => ForwardClientCertDetails.Sanitize,
        ForwardedClientCert.ForwardOnly => ForwardClientCertDetails.ForwardOnly,
        ForwardedClientCert.AppendForward => ForwardClientCertDetails.AppendForward,
        ForwardedClientCert.AlwaysForwardOnly => ForwardClientCertDetails.AlwaysForwardOnly,
        _ => ForwardClientCertDetails.SanitizeSet,
    };

    private static TimeSpan? IdleTimeout(ProxyNode node) =>
        node.Metadata.TryGetValue("IDLE_TIMEOUT", out var text) && GoDuration.Read(text, out var value) is null ? value : null;
}
