using System.Text.Json;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>An object of an API server's JSON, without lines, and without what only the server and its other clients need.</summary>
internal static class JsonYaml
{
    // An older text of the object, with all that it says, and who wrote which field when.
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>Reads an object.</summary>
    /// <param name="json">The object.</param>
    /// <param name="apiVersion">Its version, which items of lists do not always say.</param>
    /// <param name="kind">Its kind, which items of lists do not always say.</param>
    public static YamlMapping Read(JsonElement json, string apiVersion, string kind)
    {
        List<YamlEntry> entries = [Entry("apiVersion", Text(apiVersion)), Entry("kind", Text(kind))];
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (property.Name is not ("apiVersion" or "kind"))
            {
                entries.Add(Entry(property.Name, property.Name == "metadata" ? Metadata(property.Value) : Node(property.Value)));
            }
        }

        return Mapping(entries);
    }

    private static YamlNode Metadata(JsonElement json) => json.ValueKind != JsonValueKind.Object ? Node(json) : Mapping(
    [
        .. json.EnumerateObject()
            .Where(static property => property.Name is not ("managedFields" or "resourceVersion" or "uid" or "selfLink"))
            .Select(static property => Entry(property.Name, property.Name == "annotations" ? Annotations(property.Value) : Node(property.Value))),
    ]);

    private static YamlNode Annotations(JsonElement json) => json.ValueKind != JsonValueKind.Object ? Node(json) : Mapping(
        [.. json.EnumerateObject().Where(static property => property.Name != LastApplied).Select(static property => Entry(property.Name, Node(property.Value)))]);

    private static YamlNode Node(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                return Mapping([.. json.EnumerateObject().Select(static property => Entry(property.Name, Node(property.Value)))]);
            case JsonValueKind.Array:
                YamlNode[] items = [.. json.EnumerateArray().Select(Node)];
                return new YamlSequence(0, 1 + items.Sum(static item => item.Size), items);
            case JsonValueKind.String:
                return Text(json.GetString()!);
            case JsonValueKind.Number:
                string number = json.GetRawText();
                return new YamlScalar(0, number, ScalarSyntax.TypeOf(number));
            case JsonValueKind.True or JsonValueKind.False:
                return new YamlScalar(0, json.ValueKind == JsonValueKind.True ? "true" : "false", YamlScalarType.Boolean);
            default:
                return new YamlScalar(0, "null", YamlScalarType.Null);
        }
    }

    private static YamlScalar Text(string value) => new(0, value, YamlScalarType.Text);

    private static YamlEntry Entry(string key, YamlNode value) => new(key, 0, value);

    private static YamlMapping Mapping(List<YamlEntry> entries) => new(0, 1 + entries.Sum(static entry => entry.Value.Size), entries);
}
