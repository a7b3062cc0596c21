using System.Collections.ObjectModel;
using System.Globalization;
using System.Xml;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Yaml;

namespace Tidegate.Pilot.Sources.Reading;

/// <summary>
/// Reads one mapping strictly: each field by name and type. What has the wrong type is an error that says what would be right;
/// what nobody asked for is a warning that names the nearest field there is. Names are taken in both of protobuf's JSON forms,
/// <c>camelCase</c> and <c>snake_case</c>.
/// </summary>
internal sealed class ObjectReader
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
            if (!_entries.TryAdd(ToCamelCase(entry.Key), entry))
            {
                _context.Error(Join(entry.Key), entry.Line, "is there twice, in both of its spellings; keep one");
            }
        }
    }

    /// <summary>Where the mapping is in the object.</summary>
    public string Path { get; }

    /// <summary>A text; empty when it is not there.</summary>
    public string Text(string name) => OptionalText(name) ?? string.Empty;

    /// <summary>A text; null when it is not there.</summary>
    public string? OptionalText(string name) =>
        Take(name) is not { } node ? null : ScalarOf(node, name, "a text")?.Value;

    /// <summary>A truth value; false when it is not there.</summary>
    public bool Flag(string name) => OptionalFlag(name) ?? false;

    /// <summary>A truth value; null when it is not there.</summary>
    public bool? OptionalFlag(string name)
    {
        if (Take(name) is not { } node || ScalarOf(node, name, "true or false") is not { } scalar)
        {
            return null;
        }

        switch (scalar.Value)
        {
            case "true" or "True" or "TRUE":
                return true;
            case "false" or "False" or "FALSE":
                return false;
            default:
                return Wrong<bool?>(name, node, "true or false");
        }
    }

    /// <summary>A whole number in a range; 0 when it is not there.</summary>
    public long Number(string name, long min = int.MinValue, long max = int.MaxValue) => OptionalNumber(name, min, max) ?? 0;

    /// <summary>A whole number in a range; null when it is not there.</summary>
    public long? OptionalNumber(string name, long min = int.MinValue, long max = int.MaxValue)
    {
        if (Take(name) is not { } node || ScalarOf(node, name, "a number") is not { } scalar)
        {
            return null;
        }

        return NumberOf(scalar.Value) is { } number && number >= min && number <= max
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
        if (Take(name) is not { } node || ScalarOf(node, name, "a number") is not { } scalar)
        {
            return null;
        }

        return double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : Wrong<double?>(name, node, "a number");
    }

    /// <summary>A duration such as <c>1.5s</c>, <c>100ms</c> or <c>1h10m</c> (Go's form); null when it is not there.</summary>
    public TimeSpan? Duration(string name)
    {
        if (Take(name) is not { } node || ScalarOf(node, name, "a duration") is not { } scalar)
        {
            return null;
        }

        return GoDurationText.TryParse(scalar.Value, out TimeSpan duration)
            ? duration
            : Wrong<TimeSpan?>(name, node, "a duration with a unit, such as 1.5s, 100ms or 1h");
    }

    /// <summary>One of some names, or its number; null when it is not there.</summary>
    public T? OptionalEnum<T>(string name, params ReadOnlySpan<(string Name, T Value)> members)
        where T : struct, Enum
    {
        if (Take(name) is not { } node || ScalarOf(node, name, "a name") is not { } scalar)
        {
            return null;
        }

        foreach ((string memberName, T value) in members)
        {
            if (memberName == scalar.Value || (scalar.IsPlain && Convert.ToInt32(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture) == scalar.Value))
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
    public IReadOnlyList<string> Texts(string name) => Items(name, "a list of texts", (item, path) => ScalarAt(item, path, "a text")?.Value ?? string.Empty);

    /// <summary>A list of whole numbers that are not negative; empty when it is not there.</summary>
    public IReadOnlyList<uint> Numbers(string name) => Items(name, "a list of numbers", (item, path) =>
    {
        YamlScalar? scalar = ScalarAt(item, path, "a number");
        if (scalar is not null && NumberOf(scalar.Value) is { } number and >= 0 and <= uint.MaxValue)
        {
            return (uint)number;
        }

        _context.Error(path, item.Line, $"found {item.Describe()}, expected a whole number");
        return 0u;
    });

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

        if (ScalarOf(node, name, "a mapping, or a text that is one") is not { } scalar)
        {
            return null;
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

            _context.Error(path, item.Line, $"found {item.Describe()}, expected a mapping");
            return null;
        });
        return Array.Exists(items, static item => item is null) ? [.. items.OfType<T>()] : (T[])items!;
    }

    /// <summary>A mapping of texts to texts; empty when it is not there.</summary>
    public IReadOnlyDictionary<string, string> Map(string name) => OptionalMap(name) ?? ResourceMetadata.NoEntries;

    /// <summary>A mapping of texts to texts; null when it is not there.</summary>
    public IReadOnlyDictionary<string, string>? OptionalMap(string name) =>
        MapOf(name, (value, path) => ScalarAt(value, path, "a text")?.Value ?? string.Empty);

    /// <summary>A mapping of texts to whole numbers that are not negative; empty when it is not there.</summary>
    public IReadOnlyDictionary<string, uint> NumberMap(string name) =>
        MapOf(name, (value, path) =>
        {
            if (ScalarAt(value, path, "a number") is { } scalar && NumberOf(scalar.Value) is { } number and >= 0 and <= uint.MaxValue)
            {
                return (uint)number;
            }

            _context.Error(path, value.Line, $"found {value.Describe()}, expected a whole number");
            return 0u;
        }) ?? (IReadOnlyDictionary<string, uint>)ReadOnlyDictionary<string, uint>.Empty;

    /// <summary>A mapping of texts to objects; empty when it is not there.</summary>
    public IReadOnlyDictionary<string, T> ObjectMap<T>(string name, Func<ObjectReader, T> read)
        where T : class
    {
        Dictionary<string, T?>? found = MapOf(name, (value, path) =>
        {
            if (value is YamlMapping or YamlScalar { IsNull: true })
            {
                return ReadInner(value as YamlMapping ?? new YamlMapping(value.Line, 1, []), path, read);
            }

            _context.Error(path, value.Line, $"found {value.Describe()}, expected a mapping");
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
        if (Take(name) is not { } node || ScalarOf(node, name, "a number or a name") is not { } scalar)
        {
            return null;
        }

        return NumberOf(scalar.Value) is { } number and >= 0 and <= 65535 ? new IntOrString((int)number, string.Empty) : new IntOrString(0, scalar.Value);
    }

    /// <summary>A point in time (RFC 3339); null when it is not there.</summary>
    public DateTimeOffset? Time(string name)
    {
        if (Take(name) is not { } node || ScalarOf(node, name, "a time") is not { } scalar)
        {
            return null;
        }

        try
        {
            return XmlConvert.ToDateTimeOffset(scalar.Value);
        }
        catch (FormatException)
        {
            return Wrong<DateTimeOffset?>(name, node, "a time such as 2026-01-02T15:04:05Z");
        }
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
            if (!_ignoresOthers && !_known.Contains(name))
            {
                string nearest = NearestName.Of(name, _known) is { } known ? $"; did you mean {known}?" : string.Empty;
                _context.Warning("unknown-field", Join(entry.Key), entry.Line, $"is not a field that is known here, and has no effect{nearest}");
            }
        }
    }

    private static long? NumberOf(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return number;
        }

        // 1e3 and 80.0 are whole numbers in JSON.
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && Math.Abs(real) < 1e15 && real == Math.Floor(real)
            ? (long)real
            : null;
    }

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
            result[entry.Key] = read(entry.Value, $"{path}.{entry.Key}");
        }

        return result;
    }

    private YamlNode? Take(string name)
    {
        _known.Add(name);
        return _entries.TryGetValue(name, out YamlEntry entry) && entry.Value is not YamlScalar { IsNull: true } ? entry.Value : null;
    }

    private YamlScalar? ScalarOf(YamlNode node, string name, string expected) => ScalarAt(node, Join(name), expected);

    private YamlScalar? ScalarAt(YamlNode node, string path, string expected)
    {
        if (node is YamlScalar scalar)
        {
            return scalar;
        }

        _context.Error(path, node.Line, $"found {node.Describe()}, expected {expected}");
        return null;
    }

    private T Wrong<T>(string name, YamlNode node, string expected)
    {
        _context.Error(Join(name), node.Line, $"found {node.Describe()}, expected {expected}");
        return default!;
    }

    private string Join(string name) => Path.Length == 0 ? name : name.Length == 0 ? Path : $"{Path}.{name}";
}
