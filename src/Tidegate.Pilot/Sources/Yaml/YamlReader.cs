using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tidegate.Pilot.Sources.Yaml;

/// <summary>
/// Reads YAML (and JSON, which is YAML) into nodes that know their lines. Every document stands for itself: one that cannot be
/// read costs no other. Hostile input is bounded in depth and in what aliases expand to.
/// </summary>
internal static class YamlReader
{
    private const int MaxDepth = 100;
    private const long MaxNodes = 1_000_000;
    private const int MaxSharedChars = 80;

    private static readonly string?[] SharedTexts = new string?[1024];

    /// <summary>Reads all documents of a text.</summary>
    public static IEnumerable<YamlDocument> Read(string text)
    {
        foreach ((string document, int firstLine) in Split(text))
        {
            YamlDocument read = ReadOne(document, firstLine);
            if (read.Root is not null || read.Error is not null)
            {
                yield return read;
            }
        }
    }

    // Objects of one kind say the same words again and again. The latest ones are kept, each in the place of the one before with such a hash;
    // two threads may do so at once.
    private static string Shared(string text)
    {
        if (text.Length > MaxSharedChars)
        {
            return text;
        }

        ref string? place = ref SharedTexts[text.GetHashCode(StringComparison.Ordinal) & (SharedTexts.Length - 1)];
        string? known = place;
        if (known == text)
        {
            return known;
        }

        place = text;
        return text;
    }

    // A line that begins with --- begins a document, wherever it stands: block scalars are indented, and quoted ones may not
    // contain it (YAML 1.2, section 9.1.2).
    private static IEnumerable<(string Document, int FirstLine)> Split(string text)
    {
        int start = 0;
        int startLine = 1;
        int line = 1;
        for (int position = 0; position < text.Length;)
        {
            int end = text.IndexOf('\n', position);
            int next = end < 0 ? text.Length : end + 1;
            if (position > start && IsSeparator(text.AsSpan(position, next - position)))
            {
                yield return (text[start..position], startLine);
                start = position;
                startLine = line;
            }

            position = next;
            line++;
        }

        yield return (text[start..], startLine);
    }

    private static bool IsSeparator(ReadOnlySpan<char> line) =>
        line.StartsWith("---") && (line.Length == 3 || char.IsWhiteSpace(line[3]));

    private static YamlDocument ReadOne(string text, int firstLine)
    {
        try
        {
            var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return new YamlDocument(null, null, 0);
            }

            YamlNode root = new Builder(parser, firstLine - 1).Read(0);
            parser.Consume<DocumentEnd>();
            return new YamlDocument(root is YamlScalar { IsNull: true } ? null : root, null, 0);
        }
        catch (YamlException exception)
        {
            return new YamlDocument(null, $"is not YAML: {exception.Message}", (int)exception.Start.Line + firstLine - 1);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // The library's scanner throws these, without a place, at some texts that break off in the middle.
            return new YamlDocument(null, "is not YAML: a quote, a bracket or a key is not finished", firstLine);
        }
    }

    private sealed class Builder(Parser parser, int lineOffset)
    {
        private readonly Dictionary<AnchorName, YamlNode> _anchors = [];

        public YamlNode Read(int depth)
        {
            if (depth > MaxDepth)
            {
                throw new YamlException(parser.Current!.Start, parser.Current.End, $"more than {MaxDepth} levels deep");
            }

            switch (parser.Consume<ParsingEvent>())
            {
                case AnchorAlias alias:
                    return _anchors.TryGetValue(alias.Value, out YamlNode? target)
                        ? target
                        : throw new YamlException(alias.Start, alias.End, $"the alias *{alias.Value} has no anchor before it");
                case Scalar scalar:
                    return Anchored(scalar.Anchor, new YamlScalar(LineOf(scalar), Shared(scalar.Value), scalar.Style == ScalarStyle.Plain));
                case SequenceStart sequence:
                    return Anchored(sequence.Anchor, ReadSequence(sequence, depth));
                case MappingStart mapping:
                    return Anchored(mapping.Anchor, ReadMapping(mapping, depth));
                case var other:
                    throw new YamlException(other.Start, other.End, $"unexpected {other.GetType().Name}");
            }
        }

        private YamlSequence ReadSequence(SequenceStart start, int depth)
        {
            List<YamlNode> items = [];
            long size = 1;
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                YamlNode item = Read(depth + 1);
                items.Add(item);
                size = Grow(size, item, start);
            }

            return new YamlSequence(LineOf(start), size, items);
        }

        private YamlMapping ReadMapping(MappingStart start, int depth)
        {
            List<YamlEntry> entries = [];
            HashSet<string> keys = [];
            long size = 1;
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (parser.Current is not Scalar key)
                {
                    throw new YamlException(parser.Current!.Start, parser.Current.End, "a key has to be a single value");
                }

                parser.MoveNext();

                if (!keys.Add(key.Value))
                {
                    throw new YamlException(key.Start, key.End, $"the key \"{key.Value}\" is there twice");
                }

                YamlNode value = Read(depth + 1);
                entries.Add(new YamlEntry(key.Value, LineOf(key), value));
                size = Grow(size, value, start);
            }

            return new YamlMapping(LineOf(start), size, entries);
        }

        private static long Grow(long size, YamlNode child, ParsingEvent at) =>
            size + child.Size <= MaxNodes
                ? size + child.Size
                : throw new YamlException(at.Start, at.End, $"more than {MaxNodes} values, aliases counted as what they stand for");

        private YamlNode Anchored(AnchorName anchor, YamlNode node)
        {
            if (!anchor.IsEmpty)
            {
                _anchors[anchor] = node;
            }

            return node;
        }

        private int LineOf(ParsingEvent at) => (int)at.Start.Line + lineOffset;
    }
}
