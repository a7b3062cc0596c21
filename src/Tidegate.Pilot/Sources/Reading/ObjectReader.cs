using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Yaml;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Sources.Reading;

/// <summary>
/// Reads one mapping strictly: each field by name and type. What has the wrong type is an error that says what would be right;
/// what nobody asked for is a warning that names the nearest field there is. Names are taken in both of protobuf's JSON forms,
/// <c>camelCase</c> and <c>snake_case</c>, where it is protobuf's JSON: what it takes for a text, a number or a truth value is what Istio's reader takes
/// (golang's <c>jsonpb</c>), and for the kinds of Kubernetes what its API server takes.
/// </summary>
internal sealed partial class ObjectReader
{
    private readonly ReadingContext _context;
    private readonly YamlMapping _mapping;
    private readonly Dictionary<string, YamlEntry> _entries = [];
    private readonly HashSet<string> _known = [];
    private bool _ignoresOthers;

    public ObjectReader(ReadingContext context, YamlMapping mapping, string path)
    {
        _context = context;
        _mapping = mapping;
        Path = path;
        foreach (YamlEntry entry in mapping.Entries)
        {
            if (!_entries.TryAdd(context.IsProtobuf ? ToCamelCase(entry.Key) : entry.Key, entry))
            {
                _context.Error(Join(_context.NameOf(entry.Key)), entry.Line, "is there twice, in both of its spellings; keep one");
            }
        }
    }

    /// <summary>Where the mapping is in the object.</summary>
    public string Path { get; }

    /// <summary>A text; empty when it is not there.</summary>
    public string Text(string name) => OptionalText(name) ?? string.Empty;

    /// <summary>A text; null when it is not there.</summary>
    public string? OptionalText(string name) =>
        Take(name) is { } node ? TextAt(node, Join(name)) : null;

    /// <summary>A truth value; false when it is not there.</summary>
    public bool Flag(string name) => OptionalFlag(name) ?? false;

    /// <summary>A truth value; null when it is not there.</summary>
    public bool? OptionalFlag(string name)
    {
        if (Take(name) is not { } node)
        {
            return null;
        }

        return node is YamlScalar { Type: YamlScalarType.Boolean } scalar ? ScalarSyntax.BooleanOf(scalar) : Wrong<bool?>(name, node, "true or false");
    }

    /// <summary>A whole number in a range; 0 when it is not there.</summary>
    public long Number(string name, long min = int.MinValue, long max = int.MaxValue) => OptionalNumber(name, min, max) ?? 0;

    /// <summary>A whole number in a range; null when it is not there.</summary>
    public long? OptionalNumber(string name, long min = int.MinValue, long max = int.MaxValue)
    {
        if (Take(name) is not { } node)
        {
            return null;
        }

        return WholeNumberOf(node) is { } number && number >= min && number <= max
            ? number
            : Wrong<long?>(name, node, $"a whole number from {min} to {max}");
    }

    /// <summary>A whole number that is not negative; null when it is not there.</summary>
    public uint? OptionalUnsigned(string name) => (uint?)OptionalNumber(name, 0, uint.MaxValue);

    /// <summary>A whole number that is not negative; 0 when it is not there.</summary>
    public uint Unsigned(string name) => OptionalUnsigned(name) ?? 0;

    /// <summary>A number; null when it is not there.</summary>
    public double? OptionalDouble(string name)
    {
        if (Take(name) is not { } node)
        {
            return null;
        }

        return node switch
        {
            YamlScalar { Type: YamlScalarType.Integer or YamlScalarType.Number } scalar => ScalarSyntax.DoubleOf(scalar),
            YamlScalar { Type: YamlScalarType.Text } text when _context.IsProtobuf && JsonNumber().IsMatch(text.Value) =>
                double.Parse(text.Value, NumberStyles.Float, CultureInfo.InvariantCulture),
            _ => Wrong<double?>(name, node, "a number"),
        };
    }

    /// <summary>A duration such as <c>1.5s</c>, <c>100ms</c> or <c>1h10m</c> (Go's form); null when it is not there.</summary>
    public TimeSpan? Duration(string name)
    {
        if (Take(name) is not { } node)
        {
            return null;
        }

        TimeSpan duration = default;
        string? expected = node is YamlScalar { Type: YamlScalarType.Text } scalar ? GoDuration.Read(scalar.Value, out duration) : GoDuration.Expected;
        return expected is null ? duration : Wrong<TimeSpan?>(name, node, expected);
    }

    /// <summary>One of some names, or its number; null when it is not there.</summary>
    public T? OptionalEnum<T>(string name, params ReadOnlySpan<(string Name, T Value)> members)
        where T : struct, Enum
    {
        if (Take(name) is not { } node)
        {
            return null;
        }

        string? text = (node as YamlScalar)?.Type == YamlScalarType.Text ? ((YamlScalar)node).Value : null;
        long? number = text is null && _context.IsProtobuf ? WholeNumberOf(node) : null;
        foreach ((string memberName, T value) in members)
        {
            if (memberName == text || number == Convert.ToInt32(value, CultureInfo.InvariantCulture))
            {
                return value;
            }
        }

        List<string> names = [];
        foreach ((string memberName, _) in members)
        {
            names.Add(memberName);
        }

        return Wrong<T?>(name, node, $"one of {string.Join(", ", names)}");
    }

    /// <summary>One of some names, or its number; the first one when it is not there.</summary>
    public T Enum<T>(string name, params ReadOnlySpan<(string Name, T Value)> members)
        where T : struct, Enum => OptionalEnum(name, members) ?? default;

    /// <summary>A list of texts; empty when it is not there.</summary>
    public IReadOnlyList<string> Texts(string name) => Items(name, "a list of texts", (item, path) => TextAt(item, path) ?? string.Empty);

    /// <summary>A list of whole numbers that are not negative; empty when it is not there.</summary>
    public IReadOnlyList<uint> Numbers(string name) => Items(name, "a list of numbers", UnsignedAt);

    /// <summary>A nested object; null when it is not there.</summary>
    public T? Object<T>(string name, Func<ObjectReader, T> read)
        where T : class
    {
        if (Take(name) is not { } node)
        {
            return null;
        }

        return node is YamlMapping mapping ? ReadInner(mapping, Join(name), read) : Wrong<T?>(name, node, "a mapping");
    }

    /// <summary>A nested object, or a text that is one in YAML or JSON; null when it is not there.</summary>
    public T? Embedded<T>(string name, Func<ObjectReader, T> read)
        where T : class
    {
        if (Take(name) is not { } node)
        {
            return null;
        }

        if (node is YamlMapping mapping)
        {
            return ReadInner(mapping, Join(name), read);
        }

        if (node is not YamlScalar { Type: YamlScalarType.Text } scalar)
        {
            return Wrong<T?>(name, node, "a mapping, or a text that is one");
        }

        // A block begins on the line after its key's: so its lines are those of the file.
        YamlDocument? document = YamlReader.Read(new string('\n', node.Line) + scalar.Value).FirstOrDefault();
        if (document?.Error is { } error)
        {
            _context.Error(Join(name), document.ErrorLine, error);
            return null;
        }

        return document?.Root switch
        {
            null => null,
            YamlMapping root => ReadInner(root, Join(name), read),
            var other => Wrong<T?>(name, other, "a mapping"),
        };
    }

    /// <summary>Whatever it is, as JSON; null when it is not there.</summary>
    public string? Json(string name) => Take(name) is { } node ? YamlJson.Write(node) : null;

    /// <summary>A list of objects; empty when it is not there.</summary>
    public IReadOnlyList<T> Objects<T>(string name, Func<ObjectReader, T> read)
        where T : class
    {
        T?[] items = Items(name, "a list", (item, path) =>
        {
            if (item is YamlMapping mapping)
            {
                return ReadInner(mapping, path, read);
            }

            _context.Error(path, item.Line, $"found {_context.Describe(item)}, expected a mapping");
            return null;
        });
        return Array.Exists(items, static item => item is null) ? [.. items.OfType<T>()] : (T[])items!;
    }

    /// <summary>A mapping of texts to texts; empty when it is not there.</summary>
    public IReadOnlyDictionary<string, string> Map(string name) => OptionalMap(name) ?? ResourceMetadata.NoEntries;

    /// <summary>A mapping of texts to texts; null when it is not there.</summary>
    public IReadOnlyDictionary<string, string>? OptionalMap(string name) =>
        MapOf(name, (value, path) => TextAt(value, path) ?? string.Empty);

    /// <summary>A mapping of texts to texts, of which only those are acted on that have a prefix; empty when it is not there.</summary>
    /// <param name="name">The field.</param>
    /// <param name="prefix">What the key of one that is acted on begins with.</param>
    /// <param name="consequence">What becomes of the others.</param>
    public IReadOnlyDictionary<string, string> MapOfPrefixed(string name, string prefix, string consequence)
    {
        IReadOnlyDictionary<string, string> entries = Map(name);
        if (_entries.GetValueOrDefault(name).Value is YamlMapping mapping)
        {
            foreach (YamlEntry entry in mapping.Entries.Where(entry => !entry.Key.StartsWith(prefix, StringComparison.Ordinal)))
            {
                _context.Warning("not-yet-acted-on", $"{Join(name)}.{entry.Key}", entry.Line, $"is not acted on: {consequence}");
            }
        }

        return entries;
    }

    /// <summary>A mapping of texts to what they are in base64; empty when it is not there.</summary>
    public IReadOnlyDictionary<string, byte[]> BytesMap(string name) =>
        MapOf(name, BytesAt) ?? (IReadOnlyDictionary<string, byte[]>)ReadOnlyDictionary<string, byte[]>.Empty;

    /// <summary>What a text is in base64; null when it is not there.</summary>
    public byte[]? OptionalBytes(string name) => Take(name) is { } node ? BytesAt(node, Join(name)) : null;

    /// <summary>A mapping of texts to whole numbers that are not negative; empty when it is not there.</summary>
    public IReadOnlyDictionary<string, uint> NumberMap(string name) =>
        MapOf(name, UnsignedAt) ?? (IReadOnlyDictionary<string, uint>)ReadOnlyDictionary<string, uint>.Empty;

    /// <summary>A mapping of texts to objects; empty when it is not there.</summary>
    public IReadOnlyDictionary<string, T> ObjectMap<T>(string name, Func<ObjectReader, T> read)
        where T : class
    {
        Dictionary<string, T?>? found = MapOf(name, (value, path) =>
        {
            if (value is YamlMapping mapping)
            {
                return ReadInner(mapping, path, read);
            }

            _context.Error(path, value.Line, $"found {_context.Describe(value)}, expected a mapping");
            return null;
        });
        if (found is null or { Count: 0 })
        {
            return ReadOnlyDictionary<string, T>.Empty;
        }

        Dictionary<string, T> result = [];
        foreach ((string key, T? value) in found)
        {
            if (value is not null)
            {
                result.Add(key, value);
            }
        }

        return result;
    }

    /// <summary>A number or a text; null when it is not there.</summary>
    public IntOrString? NumberOrText(string name)
    {
        return Take(name) switch
        {
            null => null,
            YamlScalar { Type: YamlScalarType.Text } text => new IntOrString(0, text.Value),
            var node when WholeNumberOf(node) is { } number and >= 0 and <= 65535 => new IntOrString((int)number, string.Empty),
            var node => Wrong<IntOrString?>(name, node, "a number from 0 to 65535 or a name"),
        };
    }

    /// <summary>A point in time (RFC 3339); null when it is not there.</summary>
    public DateTimeOffset? Time(string name)
    {
        if (Take(name) is not { } node)
        {
            return null;
        }

        try
        {
            if (node is YamlScalar { Type: YamlScalarType.Text } scalar)
            {
                return XmlConvert.ToDateTimeOffset(scalar.Value);
            }
        }
        catch (FormatException)
        {
            // Said below.
        }

        return Wrong<DateTimeOffset?>(name, node, "a time such as 2026-01-02T15:04:05Z");
    }

    /// <summary>Whether a field is there at all.</summary>
    public bool Has(string name) => _entries.TryGetValue(name, out YamlEntry entry) && entry.Value is not YamlScalar { IsNull: true };

    /// <summary>Notes that a field may be there and means nothing to a gateway.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            _known.Add(name);
        }
    }

    /// <summary>Notes that a field may be there and is not acted on, and warns where it is; what is off, or empty, asks for nothing.</summary>
    /// <param name="name">The field.</param>
    /// <param name="consequence">What happens instead.</param>
    public void NotActedOn(string name, string consequence)
    {
        bool asks = Take(name) switch
        {
            null or YamlMapping { Entries.Count: 0 } or YamlSequence { Items.Count: 0 } => false,
            YamlScalar { Type: YamlScalarType.Boolean } flag => ScalarSyntax.BooleanOf(flag),
            _ => true,
        };
        if (asks)
        {
            _context.Warning("not-yet-acted-on", Join(name), _entries[name].Line, $"is not acted on: {consequence}");
        }
    }

    /// <summary>Notes that any other field may be there and means nothing to a gateway.</summary>
    public void IgnoreOthers() => _ignoresOthers = true;

    /// <summary>Reports an error about a field.</summary>
    public void Error(string name, string message) =>
        _context.Error(Join(name), _entries.TryGetValue(name, out YamlEntry entry) ? entry.Line : _mapping.Line, message);

    /// <summary>Reports what nobody asked for.</summary>
    public void Finish()
    {
        foreach ((string name, YamlEntry entry) in _entries)
        {
            if (_ignoresOthers || _known.Contains(name))
            {
                continue;
            }

            string nearest = !_context.IsFull && NearestName.Of(name, _known) is { } known ? $"; did you mean {known}?" : string.Empty;
            if (_context.Guards && !Path.StartsWith("metadata", StringComparison.Ordinal))
            {
                _context.Error(Join(_context.NameOf(entry.Key)), entry.Line, $"is not a field that is known here{nearest}");
            }
            else if (!_context.IsFull)
            {
                _context.Warning("unknown-field", Join(_context.NameOf(entry.Key)), entry.Line, $"is not a field that is known here, and has no effect{nearest}");
            }
        }
    }

    // Of what is in quotes, protobuf takes what is a whole number in JSON; Kubernetes takes none.
    private long? WholeNumberOf(YamlNode node) => node switch
    {
        YamlScalar { Type: YamlScalarType.Integer or YamlScalarType.Number } scalar => ScalarSyntax.IntegerOf(scalar),
        YamlScalar { Type: YamlScalarType.Text } text when _context.IsProtobuf && JsonNumber().IsMatch(text.Value) =>
            long.TryParse(text.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null,
        _ => null,
    };

    private static string ToCamelCase(string name)
    {
        if (!name.Contains('_'))
        {
            return name;
        }

        var result = new System.Text.StringBuilder(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] == '_' && i + 1 < name.Length && i > 0)
            {
                result.Append(char.ToUpperInvariant(name[++i]));
            }
            else
            {
                result.Append(name[i]);
            }
        }

        return result.ToString();
    }

    private T ReadInner<T>(YamlMapping mapping, string path, Func<ObjectReader, T> read)
    {
        var reader = new ObjectReader(_context, mapping, path);
        T value = read(reader);
        reader.Finish();
        return value;
    }

    // Thousands of objects have no items in most lists and exactly as many as they are made with in others: arrays take the least.
    private T[] Items<T>(string name, string expected, Func<YamlNode, string, T> read)
    {
        if (Take(name) is not { } node)
        {
            return [];
        }

        if (node is not YamlSequence sequence)
        {
            _ = Wrong<object?>(name, node, expected);
            return [];
        }

        var items = new T[sequence.Items.Count];
        string path = Join(name);
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = read(sequence.Items[i], $"{path}[{i}]");
        }

        return items;
    }

    private Dictionary<string, T>? MapOf<T>(string name, Func<YamlNode, string, T> read)
    {
        if (Take(name) is not { } node)
        {
            return null;
        }

        if (node is not YamlMapping mapping)
        {
            return Wrong<Dictionary<string, T>?>(name, node, "a mapping");
        }

        Dictionary<string, T> result = [];
        string path = Join(name);
        foreach (YamlEntry entry in mapping.Entries)
        {
            result[entry.Key] = read(entry.Value, $"{path}.{_context.NameOf(entry.Key)}");
        }

        return result;
    }

    private YamlNode? Take(string name)
    {
        _known.Add(name);
        return _entries.TryGetValue(name, out YamlEntry entry) && entry.Value is not YamlScalar { IsNull: true } ? entry.Value : null;
    }

    private string? TextAt(YamlNode node, string path)
    {
        if (node is YamlScalar { Type: YamlScalarType.Text } text)
        {
            return text.Value;
        }

        string advice = node is YamlScalar { IsNull: false } ? "; write it in quotes" : string.Empty;
        _context.Error(path, node.Line, $"found {_context.Describe(node)}, expected a text{advice}");
        return null;
    }

    private uint UnsignedAt(YamlNode node, string path)
    {
        if (WholeNumberOf(node) is { } number and >= 0 and <= uint.MaxValue)
        {
            return (uint)number;
        }

        _context.Error(path, node.Line, $"found {_context.Describe(node)}, expected a whole number");
        return 0u;
    }

    private byte[] BytesAt(YamlNode node, string path)
    {
        if (TextAt(node, path) is not { } text)
        {
            return [];
        }

        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            _context.Error(path, node.Line, "is not base64");
            return [];
        }
    }

    private T Wrong<T>(string name, YamlNode node, string expected)
    {
        _context.Error(Join(name), node.Line, $"found {_context.Describe(node)}, expected {expected}");
        return default!;
    }

    private string Join(string name) => Path.Length == 0 ? name : name.Length == 0 ? Path : $"{Path}.{name}";

    [GeneratedRegex(@"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber();
}
