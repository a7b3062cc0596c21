using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Sources;

/// <summary>An object that was read from a file: knows the line of every field.</summary>
internal sealed record YamlOrigin : Origin
{
    private volatile Text _text;

    public YamlOrigin(string file, YamlMapping root)
        : base(file, root.Line) => _text = new Text(root.Line, (object?)PackedYaml.Pack(root) ?? root);

    /// <summary>The object as it was written.</summary>
    public YamlMapping Root => _text.Root;

    /// <inheritdoc/>
    public override int Line => _text.Line;

    /// <summary>
    /// The object's text has moved within its file and says the same: the object stays the same reference, and only its lines
    /// are others from now on.
    /// </summary>
    public void MoveTo(YamlOrigin moved) => _text = moved._text;

    /// <summary>Whether the text says the same, wherever it stands.</summary>
    public bool SaysTheSameAs(YamlOrigin other) => File == other.File && _text.SaysTheSameAs(other._text);

    /// <inheritdoc/>
    public override int LineOf(string fieldPath) => Find(fieldPath).Line;

    /// <inheritdoc/>
    public override int? ExactLineOf(string fieldPath) => Find(fieldPath) is (var line, true) ? line : null;

    // The line of the field, or of the nearest one above it that is there.
    private (int Line, bool IsExact) Find(string fieldPath)
    {
        YamlMapping root = Root;
        YamlNode node = root;
        int line = root.Line;
        foreach (string step in Steps(fieldPath))
        {
            if (node is YamlMapping mapping)
            {
                YamlEntry? entry = Find(mapping, step);
                if (entry is null)
                {
                    return (line, false);
                }

                line = entry.Value.Line;
                node = entry.Value.Value;
            }
            else if (node is YamlSequence sequence && int.TryParse(step, out int index) && index < sequence.Items.Count)
            {
                node = sequence.Items[index];
                line = node.Line;
            }
            else
            {
                return (line, false);
            }

            node = Embedded(node) ?? node;
        }

        return (line, true);
    }

    // A mapping that is written as a text: its lines are those of the file, as the block begins on the line after its key's.
    private static YamlMapping? Embedded(YamlNode node) => node is YamlScalar scalar && scalar.Value.Contains('\n')
        ? YamlReader.Read(new string('\n', scalar.Line) + scalar.Value).FirstOrDefault()?.Root as YamlMapping
        : null;

    /// <inheritdoc/>
    public bool Equals(YamlOrigin? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    // spec.http[2].match -> spec, http, 2, match. A name with a dot in it (an annotation) ends the search early, and its parent is found.
    private static string[] Steps(string fieldPath) => fieldPath.Split(['.', '[', ']'], StringSplitOptions.RemoveEmptyEntries);

    private static YamlEntry? Find(YamlMapping mapping, string name)
    {
        foreach (YamlEntry entry in mapping.Entries)
        {
            if (entry.Key == name || entry.Key.Replace("_", string.Empty, StringComparison.Ordinal).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return entry;
            }
        }

        return null;
    }

    // Packed, or the tree itself where it is too large for that.
    private sealed record Text(int Line, object Content)
    {
        public YamlMapping Root => Content as YamlMapping ?? ((PackedYaml)Content).Unpack();

        public bool SaysTheSameAs(Text other) =>
            (Content is PackedYaml packed && other.Content is PackedYaml others && packed.HasSameContent(others)) || YamlEquality.AreEqual(Root, other.Root);
    }
}
