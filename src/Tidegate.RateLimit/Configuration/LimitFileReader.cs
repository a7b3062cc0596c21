using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Envoy.Service.Ratelimit.V3;
using Tidegate.RateLimit.Limits;
using Tidegate.RateLimit.Statistics;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using Unit = Envoy.Service.Ratelimit.V3.RateLimitResponse.Types.RateLimit.Types.Unit;

namespace Tidegate.RateLimit.Configuration;

/// <summary>Reads the well-known YAML of limits: a domain and its nested descriptors. All that is wrong is told, not only the first.</summary>
public sealed class LimitFileReader
{
    // Deeper nesting is no descriptor that anybody sends.
    private const int MaxDepth = 32;

    private static readonly string[] RootFields = ["domain", "descriptors"];
    private static readonly string[] DescriptorFields = ["key", "value", "rate_limit", "descriptors", "shadow_mode", "detailed_metric", "value_to_metric", "share_threshold"];
    private static readonly string[] LimitFields = ["unit", "requests_per_unit", "unlimited", "name", "replaces"];

    private readonly string _file;
    private readonly List<LimitFileError> _errors = [];

    private readonly ServerCounts _counts;

    private LimitFileReader(string file, ServerCounts counts)
    {
        _file = file;
        _counts = counts;
    }

    /// <summary>Reads a file's text; nothing but errors when there are any.</summary>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="text">Its text.</param>
    /// <param name="counts">Where hits of its limits are counted.</param>
    public static (string Domain, LimitNode? Root, IReadOnlyList<LimitFileError> Errors) Read(string file, string text, ServerCounts counts)
    {
        var reader = new LimitFileReader(file, counts);
        (string domain, LimitNode? root) = reader.ReadText(text);
        return reader._errors.Count > 0 ? (domain, null, reader._errors) : (domain, root, []);
    }

    private (string Domain, LimitNode? Root) ReadText(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException exception)
        {
            Fail(exception.Start.Line, string.Empty, $"it is no YAML: {exception.Message}");
            return (string.Empty, null);
        }

        if (stream.Documents is not [{ RootNode: YamlMappingNode root }])
        {
            Fail(1, string.Empty, "one document with domain and descriptors is expected");
            return (string.Empty, null);
        }

        CheckFields(root, string.Empty, RootFields);
        string domain = Text(root, "domain", string.Empty);
        if (domain.Length == 0)
        {
            Fail(root.Start.Line, "domain", "is missing or empty");
        }

        var node = new LimitNode();
        AddDescriptors(node, root, string.Empty, domain, 0);
        return (domain, node);
    }

    private void AddDescriptors(LimitNode parent, YamlMappingNode mapping, string place, string path, int depth)
    {
        if (!TryGet(mapping, "descriptors", out YamlNode? found) || IsNull(found))
        {
            return;
        }

        string field = Join(place, "descriptors");
        if (found is not YamlSequenceNode list || depth == MaxDepth)
        {
            Fail(found.Start.Line, field, depth == MaxDepth ? $"is nested more than {MaxDepth} times" : "has to be a list");
            return;
        }

        for (int i = 0; i < list.Children.Count; i++)
        {
            string at = $"{field}[{i.ToString(CultureInfo.InvariantCulture)}]";
            if (list.Children[i] is YamlMappingNode descriptor)
            {
                AddDescriptor(parent, descriptor, at, path, depth);
            }
            else
            {
                Fail(list.Children[i].Start.Line, at, "has to be a mapping");
            }
        }
    }

    private void AddDescriptor(LimitNode parent, YamlMappingNode mapping, string place, string path, int depth)
    {
        CheckFields(mapping, place, DescriptorFields);
        string key = Text(mapping, "key", place);
        string value = Text(mapping, "value", place);
        if (key.Length == 0)
        {
            Fail(mapping.Start.Line, Join(place, "key"), "is missing or empty");
        }

        string own = $"{path}.{(value.Length > 0 ? $"{key}_{value}" : key)}";
        bool isShared = Truth(mapping, "share_threshold", place);
        if (isShared && !value.Contains('*', StringComparison.Ordinal))
        {
            Fail(LineOf(mapping, "share_threshold"), Join(place, "share_threshold"), "is for values with * only");
        }

        bool isShadow = Truth(mapping, "shadow_mode", place);
        bool isDetailed = Truth(mapping, "detailed_metric", place) | Truth(mapping, "value_to_metric", place);
        LimitRule? rule = Rule(mapping, place, own);
        var node = new LimitNode { Rule = rule is null ? null : rule with { IsShadow = isShadow, IsDetailed = isDetailed }, SharesThreshold = isShared };
        AddDescriptors(node, mapping, place, own, depth + 1);
        if (!parent.TryAdd(key, value, node))
        {
            Fail(mapping.Start.Line, place, $"\"{own}\" is there twice");
        }
    }

    private LimitRule? Rule(YamlMappingNode descriptor, string place, string path)
    {
        if (!TryGet(descriptor, "rate_limit", out YamlNode? found) || IsNull(found))
        {
            return null;
        }

        string at = Join(place, "rate_limit");
        if (found is not YamlMappingNode mapping)
        {
            Fail(found.Start.Line, at, "has to be a mapping");
            return null;
        }

        CheckFields(mapping, at, LimitFields);
        bool isUnlimited = Truth(mapping, "unlimited", at);
        string unitText = Text(mapping, "unit", at);
        Unit unit = Unit.Unknown;
        bool isUnit = unitText.Length > 0 && unitText.All(char.IsAsciiLetter) && Enum.TryParse(unitText, ignoreCase: true, out unit) && unit != Unit.Unknown;
        if (isUnlimited == isUnit || (unitText.Length > 0 && !isUnit))
        {
            string wrong = isUnlimited ? "is for a limit that is not unlimited" : $"\"{unitText}\" is none of second, minute, hour, day, week, month, year";
            Fail(LineOf(mapping, "unit"), Join(at, "unit"), wrong);
        }

        string name = Text(mapping, "name", at);
        return new LimitRule
        {
            Path = path,
            Limit = new RateLimitResponse.Types.RateLimit { Name = name, Unit = unit, RequestsPerUnit = Number(mapping, "requests_per_unit", at, isNeeded: !isUnlimited) },
            IsUnlimited = isUnlimited,
            Replaces = Replaces(mapping, at, name),
            Counts = _counts.OfLimit(path),
        };
    }

    private List<string> Replaces(YamlMappingNode mapping, string place, string name)
    {
        List<string> names = [];
        if (!TryGet(mapping, "replaces", out YamlNode? found) || IsNull(found))
        {
            return names;
        }

        string at = Join(place, "replaces");
        foreach (YamlNode item in found is YamlSequenceNode list ? list.Children : [found])
        {
            string replaced = item is YamlMappingNode entry ? Text(entry, "name", at) : string.Empty;
            if (replaced.Length == 0 || replaced == name)
            {
                Fail(item.Start.Line, at, replaced.Length == 0 ? "a list of names of other limits is expected" : "a limit cannot replace itself");
            }
            else
            {
                names.Add(replaced);
            }
        }

        return names;
    }

    private void CheckFields(YamlMappingNode mapping, string place, string[] known)
    {
        foreach (YamlNode key in mapping.Children.Keys)
        {
            if (key is not YamlScalarNode { Value: { } name } || !known.Contains(name))
            {
                Fail(key.Start.Line, Join(place, key.ToString()), $"is not known; there are {string.Join(", ", known)}");
            }
        }
    }

    private string Text(YamlMappingNode mapping, string name, string place)
    {
        if (!TryGet(mapping, name, out YamlNode? found) || IsNull(found))
        {
            return string.Empty;
        }

        if (found is YamlScalarNode { Value: { } text })
        {
            return text;
        }

        Fail(found.Start.Line, Join(place, name), "has to be a text");
        return string.Empty;
    }

    private bool Truth(YamlMappingNode mapping, string name, string place)
    {
        string text = Text(mapping, name, place);
        if (text is not ("" or "true" or "false"))
        {
            Fail(LineOf(mapping, name), Join(place, name), "has to be true or false");
        }

        return text == "true";
    }

    private uint Number(YamlMappingNode mapping, string name, string place, bool isNeeded)
    {
        string text = Text(mapping, name, place);
        if (!uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && (isNeeded || text.Length > 0))
        {
            Fail(LineOf(mapping, name), Join(place, name), text.Length == 0 ? "is missing" : $"\"{text}\" is no number from 0 to {uint.MaxValue}");
        }

        return number;
    }

    private static bool TryGet(YamlMappingNode mapping, string name, [NotNullWhen(true)] out YamlNode? found) =>
        mapping.Children.TryGetValue(new YamlScalarNode(name), out found);

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" };

    private static long LineOf(YamlMappingNode mapping, string name) => TryGet(mapping, name, out YamlNode? found) ? found.Start.Line : mapping.Start.Line;

    private static string Join(string place, string name) => place.Length == 0 ? name : $"{place}.{name}";

    private void Fail(long line, string field, string message) => _errors.Add(new LimitFileError(_file, line, field, message));
}
