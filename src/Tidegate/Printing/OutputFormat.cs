using Google.Protobuf;
using Tidegate.Failures;

namespace Tidegate.Printing;

/// <summary>What <c>-o</c> asks for.</summary>
public enum OutputFormat
{
    /// <summary>A table or a few lines.</summary>
    Short,

    /// <summary>JSON, indented by four spaces.</summary>
    Json,

    /// <summary>The same as YAML, keys sorted.</summary>
    Yaml,
}

/// <summary>Reading <c>-o</c>, and writing what is not a table.</summary>
public static class OutputFormats
{
    private const int JsonIndent = 4;

    /// <summary>Reads the value of <c>-o</c>.</summary>
    /// <exception cref="CommandException">It is none of the formats.</exception>
    public static OutputFormat Parse(string value) => value switch
    {
        "short" => OutputFormat.Short,
        "json" => OutputFormat.Json,
        "yaml" => OutputFormat.Yaml,
        _ => throw new CommandException($"output format \"{value}\" not supported"),
    };

    /// <summary>Writes a list of messages.</summary>
    public static void WriteList(TextWriter output, OutputFormat format, IEnumerable<IMessage> messages)
    {
        var json = new JsonText(JsonIndent);
        json.StartArray();
        foreach (IMessage message in messages)
        {
            ProtoJson.Write(json, message, ProtoJsonForm.Canonical);
        }

        json.EndArray();
        WriteJson(output, format, json.ToString());
    }

    /// <summary>Writes one message.</summary>
    public static void WriteMessage(TextWriter output, OutputFormat format, IMessage message) =>
        WriteJson(output, format, ProtoJson.Format(message, ProtoJsonForm.Canonical, JsonIndent));

    /// <summary>Writes a JSON text as it stands, or as YAML with the empty line that istioctl has at its end.</summary>
    public static void WriteJson(TextWriter output, OutputFormat format, string json)
    {
        output.Write(format == OutputFormat.Yaml ? GoYaml.FromJson(json) : json);
        output.Write('\n');
    }
}
