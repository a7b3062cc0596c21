using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tidegate.Pilot.Yaml;

/// <summary>YAML as JSON, as Kubernetes turns the one into the other.</summary>
internal static class YamlJson
{
    /// <summary>The JSON text.</summary>
    public static string Write(YamlNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(node, writer);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Writes it to JSON that is being written.</summary>
    public static void Write(YamlNode node, Utf8JsonWriter writer)
    {
        switch (node)
        {
            case YamlMapping mapping:
                writer.WriteStartObject();
                foreach (YamlEntry entry in mapping.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(entry.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case YamlSequence sequence:
                writer.WriteStartArray();
                foreach (YamlNode item in sequence.Items)
                {
                    Write(item, writer);
                }

                writer.WriteEndArray();
                break;
            case YamlScalar scalar:
                Write(scalar, writer);
                break;
        }
    }

    private static void Write(YamlScalar scalar, Utf8JsonWriter writer)
    {
        switch (scalar.Type)
        {
            case YamlScalarType.Null:
                writer.WriteNullValue();
                break;
            case YamlScalarType.Boolean:
                writer.WriteBooleanValue(ScalarSyntax.BooleanOf(scalar));
                break;
            case YamlScalarType.Integer when ScalarSyntax.IntegerOf(scalar) is { } whole:
                writer.WriteNumberValue(whole);
                break;
            case YamlScalarType.Integer or YamlScalarType.Number:
                writer.WriteRawValue(ScalarSyntax.DoubleOf(scalar).ToString("R", CultureInfo.InvariantCulture));
                break;
            default:
                writer.WriteStringValue(scalar.Value);
                break;
        }
    }
}
