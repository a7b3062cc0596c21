namespace Tidegate.Pilot.Yaml;

/// <summary>A part of a YAML document that knows its line.</summary>
/// <param name="Line">The line where it begins, from 1.</param>
/// <param name="Size">How many nodes it is, aliases counted as what they stand for.</param>
internal abstract record YamlNode(int Line, long Size)
{
    /// <summary>What it is, in the words of a message.</summary>
    public abstract string Describe();

    /// <summary>What kind of thing it is, without anything that it says: for what may be secret.</summary>
    public abstract string DescribeType();
}

/// <summary>What a single value is to JSON, into which Kubernetes turns every manifest before anything looks at it.</summary>
internal enum YamlScalarType : byte
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>Nothing: as if the field were not there.</summary>
    Null,

    /// <summary>A truth value.</summary>
    Boolean,

    /// <summary>A whole number of at most 64 bits.</summary>
    Integer,

    /// <summary>Any other number.</summary>
    Number,
}

/// <summary>A single value.</summary>
/// <param name="Line">See the base.</param>
/// <param name="Value">A text itself; of anything else, how it was written (<see cref="ScalarSyntax"/> reads it).</param>
/// <param name="Type">What it is.</param>
internal sealed record YamlScalar(int Line, string Value, YamlScalarType Type) : YamlNode(Line, 1)
{
    /// <summary>Whether it stands for nothing.</summary>
    public bool IsNull => Type == YamlScalarType.Null;

    /// <inheritdoc/>
    public override string Describe() => Type switch
    {
        YamlScalarType.Null => "nothing",
        YamlScalarType.Text => $"\"{Value}\"",
        YamlScalarType.Boolean => Value.Length > 3 ? Value : $"{Value} (which is {(ScalarSyntax.BooleanOf(this) ? "true" : "false")} without quotes)",
        _ => $"the number {Value}",
    };

    /// <inheritdoc/>
    public override string DescribeType() => Type switch
    {
        YamlScalarType.Null => "nothing",
        YamlScalarType.Text => "a text",
        YamlScalarType.Boolean => "a truth value",
        _ => "a number",
    };
}

/// <summary>A list.</summary>
internal sealed record YamlSequence(int Line, long Size, IReadOnlyList<YamlNode> Items) : YamlNode(Line, Size)
{
    /// <inheritdoc/>
    public override string Describe() => "a list";

    /// <inheritdoc/>
    public override string DescribeType() => Describe();
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

    /// <inheritdoc/>
    public override string DescribeType() => Describe();
}

/// <summary>A key and its value.</summary>
internal readonly record struct YamlEntry(string Key, int Line, YamlNode Value);

/// <summary>One document of a file: its root, or why it cannot be read.</summary>
/// <param name="Root">The root; null for an empty or unreadable document.</param>
/// <param name="Error">What is wrong with it; null when nothing is. Never a word of the text: it may be a Secret's.</param>
/// <param name="ErrorLine">Where.</param>
/// <param name="Remarks">What is read as something else than it seems to be.</param>
internal sealed record YamlDocument(YamlNode? Root, string? Error, int ErrorLine, IReadOnlyList<YamlRemark> Remarks);

/// <summary>What a reader of the text would not expect.</summary>
/// <param name="Line">Where.</param>
/// <param name="Message">What it is; never a word of the text.</param>
internal readonly record struct YamlRemark(int Line, string Message);
