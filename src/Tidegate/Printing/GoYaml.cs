using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tidegate.Printing;

/// <summary>
/// JSON as the YAML that Go's <c>sigs.k8s.io/yaml</c> makes of it: keys sorted, two spaces, list items at the level of their key, and
/// quotes only where a plain scalar would read back as something else. Long lines are not folded.
/// </summary>
public static partial class GoYaml
{
    /// <summary>Converts a JSON text. The result ends with a line feed.</summary>
    /// <exception cref="JsonException">The text is no JSON.</exception>
    public static string FromJson(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 512 });
        var text = new StringBuilder();
        Write(text, document.RootElement, depth: 0);
        if (text[^1] != '\n')
        {
            text.Append('\n');
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
                WriteMap(text, value, depth);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Indent(text, depth).Append("- ");
                    Write(text, item, depth + 1);
                    EndLine(text);
                }

                break;
            case JsonValueKind.Object:
                text.Append("{}");
                break;
            case JsonValueKind.Array:
                text.Append("[]");
                break;
            case JsonValueKind.String:
                WriteScalar(text, value.GetString()!, depth);
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void WriteMap(StringBuilder text, JsonElement map, int depth)
    {
        foreach (JsonProperty member in map.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            Indent(text, depth);
            WriteKey(text, member.Name);
            text.Append(':');
            JsonElement value = member.Value;
            if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any())
            {
                text.Append('\n');
                Write(text, value, depth + 1);
            }
            else if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
            {
                text.Append('\n');
                Write(text, value, depth);
            }
            else
            {
                text.Append(' ');
                Write(text, value, depth + 1);
                EndLine(text);
            }
        }
    }

    // The first key of a map that is a list item, and a nested list's first dash, follow their dash on the same line.
    private static StringBuilder Indent(StringBuilder text, int depth) =>
        text.Length >= 2 && text[^1] == ' ' && text[^2] == '-' ? text : text.Append(' ', depth * 2);

    private static void EndLine(StringBuilder text)
    {
        if (text[^1] != '\n')
        {
            text.Append('\n');
        }
    }

    private static void WriteScalar(StringBuilder text, string value, int depth)
    {
        if (IsTakenForAnotherType(value) || HasSpecialCharacters(value))
        {
            WriteDoubleQuoted(text, value);
        }
        else if (value.Contains('\n', StringComparison.Ordinal))
        {
            WriteLiteral(text, value, depth);
        }
        else if (IsPlain(value))
        {
            text.Append(value);
        }
        else
        {
            text.Append('\'').Append(value.Replace("'", "''", StringComparison.Ordinal)).Append('\'');
        }
    }

    // A key has one line.
    private static void WriteKey(StringBuilder text, string key)
    {
        if (key.Contains('\n', StringComparison.Ordinal))
        {
            WriteDoubleQuoted(text, key);
        }
        else
        {
            WriteScalar(text, key, depth: 0);
        }
    }

    private static void WriteLiteral(StringBuilder text, string value, int depth)
    {
        text.Append('|');
        if (value[0] is ' ' or '\n')
        {
            text.Append('2');
        }

        // Without an indicator a reader keeps the last line feed, but not one that has no text before it.
        bool keepsAll = value == "\n" || value.EndsWith("\n\n", StringComparison.Ordinal);
        text.Append(keepsAll ? "+" : value.EndsWith('\n') ? string.Empty : "-");
        string body = value.EndsWith('\n') ? value[..^1] : value;
        foreach (string line in body.Split('\n'))
        {
            text.Append('\n');
            if (line.Length > 0)
            {
                text.Append(' ', Math.Max(1, depth) * 2).Append(line);
            }
        }

        text.Append('\n');
    }

    private static void WriteDoubleQuoted(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append(@"\\"),
                '\n' => text.Append(@"\n"),
                '\r' => text.Append(@"\r"),
                '\t' => text.Append(@"\t"),
                '\0' => text.Append(@"\0"),
                < ' ' or '\u007f' => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}"),
                '\u0085' or '\u2028' or '\u2029' or '\ufeff' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }

    private static bool HasSpecialCharacters(string value) =>
        value.Any(c => (c < ' ' && c != '\n') || c is '\u007f' or '\u0085' or '\u2028' or '\u2029' or '\ufeff');

    private static bool IsTakenForAnotherType(string value) =>
        value.Length == 0 || OtherType().IsMatch(value);

    private static bool IsPlain(string value)
    {
        if (value[0] == ' ' || value[^1] == ' ' || value.StartsWith("---", StringComparison.Ordinal) || value.StartsWith("...", StringComparison.Ordinal))
        {
            return false;
        }

        if ("#,[]{}&*!|>'\"%@`".Contains(value[0], StringComparison.Ordinal)
            || ("-?:".Contains(value[0], StringComparison.Ordinal) && (value.Length == 1 || value[1] == ' ')))
        {
            return false;
        }

        return !value.Contains(": ", StringComparison.Ordinal) && !value.Contains(" #", StringComparison.Ordinal) && value[^1] != ':';
    }

    // What YAML 1.1 takes for null, a truth value, a number, a time or a merge key.
    [GeneratedRegex(
        @"^(?:~|null|Null|NULL|y|Y|n|N|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE|<<|=|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|" +
        @"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|\d[\d_]*)|[-+]?(?:\.\d+|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?|" +
        @"\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)?)$")]
    private static partial Regex OtherType();
}
