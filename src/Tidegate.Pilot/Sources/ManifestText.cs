using System.Text.Encodings.Web;
using System.Text.Json;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Sources;

/// <summary>Objects as a manifest: a list in JSON, each as it was written.</summary>
internal static class ManifestText
{
    /// <summary>The manifest's bytes.</summary>
    /// <exception cref="InvalidOperationException">An object is nested deeper than JSON may be.</exception>
    public static byte[] Of(IEnumerable<Resource> objects)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", "v1");
            json.WriteString("kind", "List");
            json.WriteStartArray("items");
            foreach (Resource resource in objects)
            {
                if (resource.Origin is YamlOrigin origin)
                {
                    WriteObject(json, origin.Root, resource.Namespace);
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    // The namespace is the one in force, also where it came from an option.
    private static void WriteObject(Utf8JsonWriter json, YamlMapping root, string nameSpace)
    {
        json.WriteStartObject();
        foreach (YamlEntry entry in root.Entries)
        {
            json.WritePropertyName(entry.Key);
            if (entry is { Key: "metadata", Value: YamlMapping metadata } && nameSpace.Length > 0)
            {
                json.WriteStartObject();
                json.WriteString("namespace", nameSpace);
                foreach (YamlEntry inner in metadata.Entries.Where(inner => inner.Key != "namespace"))
                {
                    json.WritePropertyName(inner.Key);
                    YamlJson.Write(inner.Value, json);
                }

                json.WriteEndObject();
            }
            else
            {
                YamlJson.Write(entry.Value, json);
            }
        }

        json.WriteEndObject();
    }
}
