using System.Globalization;

namespace Tidegate.Pilot.Yaml;

/// <summary>Finds parts of an object that no record has been made for.</summary>
internal static class YamlPath
{
    /// <summary>The node at a path of names and indices; null when it is not there.</summary>
    public static YamlNode? Find(YamlNode? node, params ReadOnlySpan<string> path)
    {
        foreach (string step in path)
        {
            node = node switch
            {
                YamlMapping mapping => mapping[step],
                YamlSequence sequence when int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int index) => sequence.Items.ElementAtOrDefault(index),
                _ => null,
            };
        }

        return node;
    }

    /// <summary>The text of a scalar; empty for anything else.</summary>
    public static string Text(this YamlNode? node) => node is YamlScalar { IsNull: false } scalar ? scalar.Value : string.Empty;

    /// <summary>The items of a list; none for anything else.</summary>
    public static IReadOnlyList<YamlNode> Items(this YamlNode? node) => node is YamlSequence sequence ? sequence.Items : [];

    /// <summary>The texts of a mapping from names to scalars; none for anything else.</summary>
    public static IReadOnlyDictionary<string, string> Map(this YamlNode? node)
    {
        Dictionary<string, string> map = [];
        foreach (YamlEntry entry in node is YamlMapping mapping ? mapping.Entries : [])
        {
            map[entry.Key] = entry.Value.Text();
        }

        return map;
    }
}
