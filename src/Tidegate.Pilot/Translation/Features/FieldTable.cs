using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace Tidegate.Pilot.Translation.Features;

/// <summary>What a proxy does with the fields of Envoy's messages, and which extensions it has (<see cref="FieldTableText"/> says how a table is written).</summary>
public sealed class FieldTable
{
    private const string All = "*";

    private readonly FrozenDictionary<string, FrozenDictionary<string, FieldSupport>> _messages;
    private readonly FrozenDictionary<string, FrozenSet<string>> _slots;

    private FieldTable(Dictionary<string, Dictionary<string, FieldSupport>> messages, Dictionary<string, HashSet<string>> slots)
    {
        _messages = messages.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToFrozenDictionary());
        _slots = slots.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToFrozenSet());
    }

    /// <summary>What Tidegate's proxy does.</summary>
    public static FieldTable Tidegate { get; } = Parse(FieldTableFilterText.Tidegate + FieldTableText.Tidegate);

    /// <summary>The full names of the messages that are named.</summary>
    public IEnumerable<string> Messages => _messages.Keys;

    /// <summary>The kinds of extensions, each with the full names of the messages that configure one.</summary>
    public IEnumerable<KeyValuePair<string, FrozenSet<string>>> Slots => _slots;

    /// <summary>Whether a message is named.</summary>
    public bool Knows(string message) => _messages.ContainsKey(message);

    /// <summary>What is done with a field.</summary>
    public FieldSupport Of(FieldDescriptor field) =>
        !_messages.TryGetValue(field.ContainingType.FullName, out var fields) ? FieldSupport.Unnamed
        : fields.GetValueOrDefault(field.Name) ?? fields.GetValueOrDefault(All) ?? FieldSupport.Unnamed;

    /// <summary>The fields of a message that are named.</summary>
    public IReadOnlyDictionary<string, FieldSupport> FieldsOf(string message) => _messages[message];

    /// <summary>Whether an extension of that kind can be configured by a message.</summary>
    public bool MayStand(string slot, string message) => _slots.TryGetValue(slot, out var types) && types.Contains(message);

    private static FieldTable Parse(string text)
    {
        var messages = new Dictionary<string, Dictionary<string, FieldSupport>>();
        var slots = new Dictionary<string, HashSet<string>>();
        var current = "";
        foreach (var line in text.Split('\n').Where(line => line.Length > 0))
        {
            if (line[0] != ' ')
            {
                current = line.Trim('<', '>');
                _ = line[0] == '<' ? slots.TryAdd(current, []) : messages.TryAdd(current, []);
                continue;
            }
            foreach (var word in Words(line))
            {
                if (slots.TryGetValue(current, out var types))
                {
                    types.Add(word);
                }
                else
                {
                    var (name, support) = Field(word);
                    messages[current].Add(name, support);
                }
            }
        }
        return new FieldTable(messages, slots);
    }

    // Words end at a space, but for those between angle brackets.
    private static IEnumerable<string> Words(string line)
    {
        var start = 0;
        var depth = 0;
        for (var i = 0; i <= line.Length; i++)
        {
            var end = i == line.Length || (line[i] == ' ' && depth == 0);
            depth += i < line.Length ? line[i] switch { '<' => 1, '>' => -1, _ => 0 } : 0;
            if (end)
            {
                if (i > start)
                {
                    yield return line[start..i];
                }
                start = i + 1;
            }
        }
    }

    private static (string Name, FieldSupport Support) Field(string word)
    {
        var use = word[0] switch { '~' => FieldUse.Carried, '!' => FieldUse.Essential, _ => FieldUse.ActedOn };
        var rest = use == FieldUse.ActedOn ? word : word[1..];
        HashSet<string>? values = null;
        if (rest.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
        {
            values = [.. rest[(equals + 1)..].Split('|')];
            rest = rest[..equals];
        }
        string? slot = null;
        if (rest.IndexOf('<', StringComparison.Ordinal) is > 0 and var bracket)
        {
            slot = rest[(bracket + 1)..^1];
            rest = rest[..bracket];
        }
        var isUnit = rest.Length > 1 && rest[^1] == '*';
        return (isUnit ? rest[..^1] : rest, new FieldSupport(use, isUnit, slot, values));
    }
}
