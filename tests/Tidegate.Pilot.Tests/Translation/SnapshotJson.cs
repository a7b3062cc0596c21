using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Http.GrpcStats.V3;
using Envoy.Extensions.Filters.Http.GrpcWeb.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Listener.ProxyProtocol.V3;
using Envoy.Extensions.Filters.Listener.TlsInspector.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Extensions.RequestId.Uuid.V3;
using Envoy.Extensions.Retry.Host.PreviousHosts.V3;
using Envoy.Extensions.Retry.Priority.PreviousPriorities.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Envoy.Extensions.TransportSockets.RawBuffer.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Envoy.Extensions.Upstreams.Http.V3;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Tidegate.Pilot.Translation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>Prints what was translated as proto JSON, sorted by name, so that it can be compared and read.</summary>
internal static class SnapshotJson
{
    private static readonly JsonFormatter Formatter = new(new JsonFormatter.Settings(false).WithTypeRegistry(TypeRegistry.FromFiles(
        HttpConnectionManagerReflection.Descriptor,
        RouterReflection.Descriptor,
        Envoy.Extensions.Filters.Http.Fault.V3.FaultReflection.Descriptor,
        CorsReflection.Descriptor,
        ConfigReflection.Descriptor,
        GrpcWebReflection.Descriptor,
        ProxyProtocolReflection.Descriptor,
        TlsInspectorReflection.Descriptor,
        TcpProxyReflection.Descriptor,
        UuidReflection.Descriptor,
        PreviousHostsReflection.Descriptor,
        PreviousPrioritiesConfigReflection.Descriptor,
        TlsReflection.Descriptor,
        RawBufferReflection.Descriptor,
        UpstreamProxyProtocolReflection.Descriptor,
        HttpProtocolOptionsReflection.Descriptor,
        FileReflection.Descriptor)));

    private static readonly (string Section, string Type)[] Sections =
    [
        ("listeners", XdsTypes.Listener),
        ("routes", XdsTypes.Route),
        ("clusters", XdsTypes.Cluster),
        ("endpoints", XdsTypes.Endpoint),
    ];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonNode Node(IMessage message) => JsonNode.Parse(Formatter.Format(message))!;

    public static string Print(TranslationResult result, IReadOnlyCollection<string> show)
    {
        var root = new JsonObject();
        foreach (var (section, type) in Sections.Where(pair => show.Contains(pair.Section)))
        {
            root[section] = new JsonArray(
            [
                .. result.Resources.Where(resource => resource.Name.TypeUrl == type)
                    .OrderBy(resource => resource.Name.Name, StringComparer.Ordinal)
                    .Select(resource => Node(resource.Message)),
            ]);
        }
        if (show.Contains("services"))
        {
            root["services"] = JsonSerializer.SerializeToNode(result.GatewayServices.Select(service => new
            {
                service.Namespace,
                service.Name,
                Type = service.Type.ToString(),
                service.Ports,
                service.LoadBalancerAddress,
            }));
        }
        return root.ToJsonString(Indented) + "\n";
    }
}
