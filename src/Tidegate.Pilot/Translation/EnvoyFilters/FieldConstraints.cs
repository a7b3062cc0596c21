using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Validate;
using Kind = Validate.FieldRules.TypeOneofCase;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// The limits that Envoy's API itself sets to its fields (<c>validate.rules</c> of protoc-gen-validate, in the .proto files): a stock Envoy refuses a whole
/// resource for one value beyond them.
/// </summary>
internal static class FieldConstraints
{
    private static readonly ConcurrentDictionary<FieldDescriptor, FieldRules> Known = new();

    /// <summary>What is wrong with the fields of a message itself, and not with those of messages in it: each by its name.</summary>
    /// <param name="message">The message.</param>
    /// <param name="wholeness">How much of it is there.</param>
    public static IEnumerable<(string Field, string Problem)> Check(IMessage message, Wholeness wholeness)
    {
        foreach (var choice in message.Descriptor.Oneofs)
        {
            if (wholeness == Wholeness.Whole && !choice.IsSynthetic && choice.GetOptions()?.GetExtension(ValidateExtensions.Required) == true && choice.Accessor.GetCaseFieldDescriptor(message) is null)
            {
                yield return (choice.Name, "is missing");
            }
        }
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            foreach (var (at, problem) in CheckField(field, message, wholeness))
            {
                yield return ($"{field.Name}{at}", problem);
            }
        }
    }

    private static IEnumerable<(string At, string Problem)> CheckField(FieldDescriptor field, IMessage message, Wholeness wholeness)
    {
        var rules = Known.GetOrAdd(field, static field => field.GetOptions()?.GetExtension(ValidateExtensions.Rules) ?? new FieldRules());
        if (rules.TypeCase == Kind.None && rules.Message is null)
        {
            return [];
        }
        var value = field.Accessor.GetValue(message);
        if (value is IList or IDictionary)
        {
            return field.IsMap ? CheckMap(rules.Map, (IDictionary)value) : CheckList(rules.Repeated, (IList)value, field, wholeness);
        }
        // A field of a choice counts where it is the one that was chosen.
        if (value is null || (field.HasPresence && !field.Accessor.HasValue(message)))
        {
            return wholeness == Wholeness.Whole && field.ContainingOneof is null && IsRequired(rules) ? [("", "is missing")] : [];
        }
        return (wholeness == Wholeness.Part && !field.HasPresence && IsDefault(value)) || CheckValue(rules, value, field) is not { } problem ? [] : [("", problem)];
    }

    private static bool IsRequired(FieldRules rules) =>
        rules.Message?.Required == true || rules.Any?.Required == true || rules.Duration?.Required == true || rules.Timestamp?.Required == true;

    private static IEnumerable<(string At, string Problem)> CheckList(RepeatedRules? rules, IList items, FieldDescriptor field, Wholeness wholeness)
    {
        if (rules is null)
        {
            yield break;
        }
        if (wholeness == Wholeness.Whole && rules.HasMinItems && (ulong)items.Count < rules.MinItems)
        {
            yield return ("", items.Count == 0 ? "is missing" : $"has to have at least {rules.MinItems} items");
        }
        if (rules.HasMaxItems && (ulong)items.Count > rules.MaxItems)
        {
            yield return ("", $"may have at most {rules.MaxItems} items");
        }
        var seen = new HashSet<object>();
        for (var i = 0; i < items.Count; i++)
        {
            var problem = rules.Unique && !seen.Add(items[i]!) ? "is there already" : rules.Items is { } each ? CheckValue(each, items[i]!, field) : null;
            if (problem is not null)
            {
                yield return ($"[{i}]", problem);
            }
        }
    }

    private static IEnumerable<(string At, string Problem)> CheckMap(MapRules? rules, IDictionary map)
    {
        foreach (DictionaryEntry entry in map)
        {
            var problem = rules?.Keys is { } keys ? CheckValue(keys, entry.Key, field: null) : null;
            problem ??= rules?.Values is { } values && entry.Value is not null ? CheckValue(values, entry.Value, field: null) : null;
            if (problem is not null)
            {
                yield return ($"[\"{entry.Key}\"]", problem);
            }
        }
    }

    private static string? CheckValue(FieldRules rules, object value, FieldDescriptor? field) => rules.TypeCase switch
    {
        Kind.String => CheckText(rules.String, (string)value),
        Kind.Bytes => CheckLength(((ByteString)value).Length, rules.Bytes.HasMinLen ? rules.Bytes.MinLen : 0, rules.Bytes.HasMaxLen ? rules.Bytes.MaxLen : ulong.MaxValue, "bytes"),
        Kind.Enum => CheckEnum(rules.Enum, Convert.ToInt32(value, CultureInfo.InvariantCulture), field),
        Kind.Bool => rules.Bool.HasConst && (bool)value != rules.Bool.Const ? $"can only be {(rules.Bool.Const ? "true" : "false")}" : null,
        Kind.Any or Kind.None or Kind.Timestamp => null,
        _ => CheckNumber((IMessage)FieldRules.Descriptor.Oneofs[0].Accessor.GetCaseFieldDescriptor(rules).Accessor.GetValue(rules), value),
    };

    // Numbers of all kinds and durations: their rules have the same names.
    private static string? CheckNumber(IMessage rules, object value)
    {
        if (Of("ignore_empty") is true && IsDefault(value))
        {
            return null;
        }
        return Of("gt") is { } above && Compare(value, above) <= 0 ? $"has to be more than {Show(above)}"
            : Of("gte") is { } least && Compare(value, least) < 0 ? $"has to be at least {Show(least)}"
            : Of("lt") is { } below && Compare(value, below) >= 0 ? $"has to be less than {Show(below)}"
            : Of("lte") is { } most && Compare(value, most) > 0 ? $"has to be at most {Show(most)}"
            : null;

        object? Of(string name) => rules.Descriptor.FindFieldByName(name) is { } field && field.Accessor.HasValue(rules) ? field.Accessor.GetValue(rules) : null;
    }

    private static string? CheckEnum(EnumRules rules, int value, FieldDescriptor? field) =>
        rules.DefinedOnly && field is not null && field.EnumType.FindValueByNumber(value) is null ? $"{value} is none of {string.Join(", ", field.EnumType.Values.Select(known => known.Name))}"
        : rules.NotIn.Contains(value) ? $"{field?.EnumType.FindValueByNumber(value)?.Name ?? value.ToString(CultureInfo.InvariantCulture)} is not for this field"
        : null;

    private static string? CheckText(StringRules rules, string text)
    {
        if (rules.IgnoreEmpty && text.Length == 0)
        {
            return null;
        }
        var bytes = Encoding.UTF8.GetByteCount(text);
        return CheckLength(text.EnumerateRunes().Count(), rules.HasMinLen ? rules.MinLen : 0, rules.HasMaxLen ? rules.MaxLen : ulong.MaxValue, "characters")
            ?? CheckLength(bytes, rules.HasMinBytes ? rules.MinBytes : 0, rules.HasMaxBytes ? rules.MaxBytes : ulong.MaxValue, "bytes")
            ?? (rules.In.Count > 0 && !rules.In.Contains(text) ? $"\"{text}\" is none of {string.Join(", ", rules.In)}" : null)
            ?? (rules.HasPattern && !Regex.IsMatch(text, rules.Pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant) ? $"\"{text}\" does not match {rules.Pattern}" : null)
            ?? (rules.HasWellKnownRegex && text.AsSpan().IndexOfAny('\0', '\r', '\n') >= 0 ? "has a line break or a NUL, which no header has" : null);
    }

    private static string? CheckLength(int length, ulong least, ulong most, string unit) =>
        (ulong)length < least ? (length == 0 ? "is empty" : $"has {length} {unit}, and needs {least}")
        : (ulong)length > most ? $"has {length} {unit}, and may have {most}"
        : null;

    private static int Compare(object value, object limit) => Comparer.DefaultInvariant.Compare(Comparable(value), Comparable(limit));

    private static object Comparable(object value) => value is Duration duration ? (duration.Seconds, duration.Nanos) : value;

    private static string Show(object limit) => limit is Duration duration ? duration.ToString().Trim('"') : Convert.ToString(limit, CultureInfo.InvariantCulture)!;

    private static bool IsDefault(object value) => value switch
    {
        string text => text.Length == 0,
        ByteString bytes => bytes.IsEmpty,
        IMessage message => message.CalculateSize() == 0,
        bool flag => !flag,
        _ => Convert.ToDouble(value, CultureInfo.InvariantCulture) == 0,
    };
}
