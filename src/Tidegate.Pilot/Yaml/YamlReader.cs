using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tidegate.Pilot.Yaml;

/// <summary>
/// Reads YAML (and JSON, which is YAML) into nodes that know their lines, and that mean what they mean to Kubernetes (<see cref="ScalarSyntax"/>, merge
/// keys). Every document stands for itself: one that cannot be read costs no other. Hostile input is bounded in depth and in what aliases expand to.
/// </summary>
internal static class YamlReader
{
    /// <summary>How many values a document may have, unless somebody says otherwise.</summary>
    public const long DefaultMaxNodes = 1_000_000;

    private const int MaxDepth = 100;
    private const int MaxSharedChars = 80;
    private const int MaxRemarks = 20;

    private static readonly string?[] SharedTexts = new string?[1024];

    /// <summary>Reads all documents of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxNodes">How many values a document may have, aliases counted as what they stand for.</param>
    public static IEnumerable<YamlDocument> Read(string text, long maxNodes = DefaultMaxNodes)
    {
        foreach ((string part, int firstLine) in Split(text))
        {
            foreach (YamlDocument document in ReadPart(part, firstLine, maxNodes))
            {
                if (document.Root is not null || document.Error is not null)
                {
                    yield return document;
                }
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
    private static IEnumerable<(string Part, int FirstLine)> Split(string text)
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

    // One document, or several that a line of three dots ends.
    private static IEnumerable<YamlDocument> ReadPart(string text, int firstLine, long maxNodes)
    {
        var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
        bool isFirst = true;
        YamlDocument? document;
        while ((document = ReadOne(parser, isFirst, firstLine, maxNodes)) is not null)
        {
            isFirst = false;
            yield return document;
            if (document.Error is not null)
            {
                yield break;
            }
        }
    }

    // Null: there is no further one.
    private static YamlDocument? ReadOne(Parser parser, bool isFirst, int firstLine, long maxNodes)
    {
        try
        {
            if (isFirst)
            {
                parser.Consume<StreamStart>();
            }

            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return null;
            }

            var builder = new Builder(parser, firstLine - 1, maxNodes);
            YamlNode root = builder.ReadRoot();
            parser.Consume<DocumentEnd>();
            return new YamlDocument(root is YamlScalar { IsNull: true } ? null : root, null, 0, builder.Remarks);
        }
        catch (UnreadableException exception)
        {
            return new YamlDocument(null, exception.Message, exception.Line, []);
        }
        catch (YamlException exception)
        {
            return new YamlDocument(null, $"is not YAML: {WithoutText(exception.Message)}", (int)exception.Start.Line + firstLine - 1, []);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // The library's scanner throws these, without a place, at some texts that break off in the middle.
            return new YamlDocument(null, "is not YAML: a quote, a bracket or a key is not finished", firstLine, []);
        }
    }

    // The library quotes what it found: names of anchors and directives, and characters.
    private static string WithoutText(string message)
    {
        int quote = message.AsSpan().IndexOfAny('\'', '"', '*');
        return quote < 0 ? message : $"{message.AsSpan(0, quote).TrimEnd()} ...";
    }

    private sealed class Builder(Parser parser, int lineOffset, long maxNodes)
    {
        private readonly Dictionary<AnchorName, Branch> _anchors = [];
        private readonly List<YamlRemark> _remarks = [];

        public IReadOnlyList<YamlRemark> Remarks => _remarks;

        public YamlNode ReadRoot() => Read(0).Node;

        private Branch Read(int depth)
        {
            switch (parser.Consume<ParsingEvent>())
            {
                case AnchorAlias alias:
                    Branch target = _anchors.TryGetValue(alias.Value, out Branch known) ? known : throw Unreadable(alias, "an alias has no anchor before it");
                    CheckDepth(depth + target.Height, alias);
                    return target;
                case Scalar scalar:
                    CheckDepth(depth, scalar);
                    return Anchored(scalar.Anchor, new Branch(ReadScalar(scalar), 0));
                case SequenceStart sequence:
                    CheckDepth(depth, sequence);
                    return Anchored(sequence.Anchor, ReadSequence(sequence, depth));
                case MappingStart mapping:
                    CheckDepth(depth, mapping);
                    return Anchored(mapping.Anchor, ReadMapping(mapping, depth));
                case var other:
                    throw Unreadable(other, $"is not YAML: unexpected {other.GetType().Name}");
            }
        }

        private YamlScalar ReadScalar(Scalar scalar)
        {
            string tag = scalar.Tag.IsEmpty ? string.Empty : scalar.Tag.Value;
            if (!ScalarSyntax.TryRead(scalar.Value, tag, scalar.Style == ScalarStyle.Plain, out YamlScalarType type, out string value))
            {
                throw Unreadable(scalar, "a value is not what its tag says");
            }

            var result = new YamlScalar(LineOf(scalar), Shared(value), type);
            return type != YamlScalarType.Number || double.IsFinite(ScalarSyntax.DoubleOf(result))
                ? result
                : throw Unreadable(scalar, "a value is infinite or no number, which JSON does not have");
        }

        private Branch ReadSequence(SequenceStart start, int depth)
        {
            List<YamlNode> items = [];
            long size = 1;
            int height = 0;
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                Branch item = Read(depth + 1);
                items.Add(item.Node);
                size = Grow(size, item.Node, start);
                height = Math.Max(height, item.Height + 1);
            }

            return new Branch(new YamlSequence(LineOf(start), size, items), height);
        }

        private Branch ReadMapping(MappingStart start, int depth)
        {
            var draft = new MappingDraft();
            long size = 1;
            int height = 0;
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                ParsingEvent at = parser.Current!;
                bool isMerge = at is Scalar { Value: "<<", Style: ScalarStyle.Plain, Tag.IsEmpty: true };
                var scalar = Read(depth + 1).Node as YamlScalar;
                if (scalar is null || ScalarSyntax.KeyOf(scalar) is not { } key)
                {
                    throw Unreadable(at, "a key has to be a single value, and not nothing");
                }

                if (key != scalar.Value)
                {
                    Remark(at, scalar.Type == YamlScalarType.Boolean
                        ? $"the key of this line is read as {key}, as in Kubernetes: without quotes it is a truth value; write it in quotes"
                        : "the key of this line is a number and is read in another form of it, as in Kubernetes; write it in quotes");
                }

                Branch value = Read(depth + 1);
                size = Grow(size, value.Node, start);
                height = Math.Max(height, value.Height + 1);
                if (isMerge)
                {
                    Merge(value.Node, at, draft);
                }
                else if (draft.Put(new YamlEntry(Shared(key), LineOf(at), value.Node), isOwn: true) is { } earlier)
                {
                    Remark(at, $"the key of this line is in line {earlier} already, of which the value is lost: as in Kubernetes, the last one counts; keep one");
                }
            }

            return new Branch(new YamlMapping(LineOf(start), size, draft.Entries), height);
        }

        // As in go-yaml v2, a merge key counts where it stands: what comes after it is over it, and it is over what comes before.
        private void Merge(YamlNode from, ParsingEvent at, MappingDraft into)
        {
            IReadOnlyList<YamlNode> sources = from is YamlSequence list ? list.Items : [from];
            for (int i = sources.Count - 1; i >= 0; i--)
            {
                if (sources[i] is not YamlMapping mapping)
                {
                    throw Unreadable(at, "a merge key (<<) takes a mapping, or a list of mappings");
                }

                foreach (YamlEntry entry in mapping.Entries)
                {
                    into.Put(entry, isOwn: false);
                }
            }
        }

        private void CheckDepth(int depth, ParsingEvent at)
        {
            if (depth > MaxDepth)
            {
                throw Unreadable(at, $"is more than {MaxDepth} levels deep, aliases counted as what they stand for");
            }
        }

        private long Grow(long size, YamlNode child, ParsingEvent at) =>
            size + child.Size <= maxNodes
                ? size + child.Size
                : throw Unreadable(at, $"has more than {maxNodes} values, aliases counted as what they stand for");

        private Branch Anchored(AnchorName anchor, Branch branch)
        {
            if (!anchor.IsEmpty)
            {
                _anchors[anchor] = branch;
            }

            return branch;
        }

        private void Remark(ParsingEvent at, string message)
        {
            if (_remarks.Count < MaxRemarks)
            {
                _remarks.Add(new YamlRemark(LineOf(at), message));
            }
        }

        private int LineOf(ParsingEvent at) => (int)at.Start.Line + lineOffset;

        private UnreadableException Unreadable(ParsingEvent at, string message) => new(message, LineOf(at));
    }

    // A mapping that grows; keys keep the place where they came first.
    private sealed class MappingDraft
    {
        private readonly List<YamlEntry> _entries = [];
        private readonly Dictionary<string, (int Index, bool IsOwn)> _places = [];

        public IReadOnlyList<YamlEntry> Entries => _entries;

        // The line of the same mapping's own entry of that key, if there was one.
        public int? Put(YamlEntry entry, bool isOwn)
        {
            if (!_places.TryGetValue(entry.Key, out (int Index, bool IsOwn) place))
            {
                _places.Add(entry.Key, (_entries.Count, isOwn));
                _entries.Add(entry);
                return null;
            }

            int earlier = _entries[place.Index].Line;
            _entries[place.Index] = entry;
            _places[entry.Key] = (place.Index, isOwn);
            return place.IsOwn && isOwn ? earlier : null;
        }
    }

    // Height: how many levels are below the node.
    private readonly record struct Branch(YamlNode Node, int Height);

    private sealed class UnreadableException(string message, int line) : Exception(message)
    {
        public int Line { get; } = line;
    }
}
