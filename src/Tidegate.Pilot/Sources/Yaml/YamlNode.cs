namespace Tidegate.Pilot.Sources.Yaml;

/// <summary>A part of a YAML document that knows its line.</summary>
/// <param name="Line">The line where it begins, from 1.</param>
/// <param name="Size">How many nodes it is, aliases counted as what they stand for.</param>
internal abstract record YamlNode(int Line, long Size)
{
    /// <summary>What it is, in the words of a message.</summary>
    public abstract string Describe();
}

/// <summary>A single value.</summary>
/// <param name="Line">See the base.</param>
/// <param name="Value">The text.</param>
/// <param name="IsPlain">Whether it is written without quotes, so that it may mean a number, a truth value or nothing.</param>
internal sealed record YamlScalar(int Line, string Value, bool IsPlain) : YamlNode(Line, 1)
{
    /// <summary>Whether it stands for nothing (YAML 1.2 core schema).</summary>
    public bool IsNull => IsPlain && Value is "" or "~" or "null" or "Null" or "NULL";

    /// <inheritdoc/>
    public override string Describe() => IsNull ? "nothing" : IsPlain ? Value : $"\"{Value}\"";
}

/// <summary>A list.</summary>
internal sealed record YamlSequence(int Line, long Size, IReadOnlyList<YamlNode> Items) : YamlNode(Line, Size)
{
    /// <inheritdoc/>
    public override string Describe() => "a list";
}

/// <summary>A mapping, in the order of the text.</summary>
internal sealed record YamlMapping(int Line, long Size, IReadOnlyList<YamlEntry> Entries) : YamlNode(Line, Size)
{
    /// <summary>The value of a key; null when the key is not there.</summary>
    public YamlNode? this[string key]
    {
        get
        {
            foreach (YamlEntry entry in Entries)
            {
                if (entry.Key == key)
                {
                    return entry.Value;
                }
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public override string Describe() => "a mapping";
}

/// <summary>A key and its value.</summary>
internal readonly record struct YamlEntry(string Key, int Line, YamlNode Value);

/// <summary>One document of a file: its root, or why it cannot be read.</summary>
/// <param name="Root">The root; null for an empty or unreadable document.</param>
/// <param name="Error">What is wrong with it; null when nothing is.</param>
/// <param name="ErrorLine">Where.</param>
internal sealed record YamlDocument(YamlNode? Root, string? Error, int ErrorLine);
