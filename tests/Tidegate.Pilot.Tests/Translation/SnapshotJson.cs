using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>Prints what was translated as proto JSON, sorted by name, so that it can be compared and read.</summary>
internal static class SnapshotJson
{
    private static readonly JsonFormatter Formatter = new(new JsonFormatter.Settings(false).WithTypeRegistry(XdsTypeRegistry.Instance));

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
