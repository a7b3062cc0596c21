using System.Text.Json;

namespace Tidegate.Rules.Formats;

/// <summary>What the format of an access log may be: a <see cref="FormatString"/>, or a JSON object whose texts are some.</summary>
public static class LogFormat
{
    /// <summary>How deep objects and lists of a JSON format may lie in each other.</summary>
    public const int MaxDepth = 16;

    /// <summary>Null, or what is wrong with a format.</summary>
    public static string? Check(string format, bool isJson)
    {
        IReadOnlyList<string>? texts = Texts(format, isJson, out string problem);
        return texts is null ? problem : texts.Select(FormatString.Check).FirstOrDefault(static wrong => wrong is not null);
    }

    /// <summary>The operators of a format that never have a value here, each once.</summary>
    public static IReadOnlyList<string> WithoutValue(string format, bool isJson) =>
        [.. (Texts(format, isJson, out _) ?? []).SelectMany(FormatString.WithoutValue).Distinct()];

    private static List<string>? Texts(string format, bool isJson, out string problem)
    {
        problem = string.Empty;
        if (!isJson)
        {
            return [format];
        }

        try
        {
            using var document = JsonDocument.Parse(format, new JsonDocumentOptions { MaxDepth = MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                List<string> texts = [];
                Collect(document.RootElement, texts);
                return texts;
            }

            problem = $"is no JSON object but a {document.RootElement.ValueKind.ToString().ToLowerInvariant()}";
        }
        catch (JsonException exception)
        {
            problem = $"is no JSON: {exception.Message}";
        }

        return null;
    }

    private static void Collect(JsonElement element, List<string> texts)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    Collect(property.Value, texts);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Collect(item, texts);
                }

                break;
            case JsonValueKind.String:
                texts.Add(element.GetString()!);
                break;
        }
    }
}
