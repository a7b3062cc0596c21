using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// Merges messages as protobuf does, and as Istio's <c>pkg/proto/merge</c> has it for durations. What it is given is never changed: a result is
/// a new message that shares what is the same.
/// </summary>
internal static class MessageMerge
{
    /// <summary>A message with the same content, which shares the inner messages.</summary>
    public static T Copy<T>(T message)
        where T : IMessage
    {
        var copy = message.Descriptor.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            Put(copy, field, message, replacesLists: true);
        }
        return (T)copy;
    }

    /// <summary>A message with the fields of <paramref name="patch"/> over those of <paramref name="target"/>, inner messages likewise.</summary>
    /// <param name="target">What is merged into.</param>
    /// <param name="patch">What is merged, of the same type.</param>
    /// <param name="replacesLists">Whether a list takes the place of the list; otherwise it is appended.</param>
    public static T Merge<T>(T target, IMessage patch, bool replacesLists)
        where T : IMessage
    {
        var result = Copy(target);
        foreach (var field in patch.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field is { IsRepeated: false, FieldType: FieldType.Message } &&
                field.Accessor.GetValue(patch) is IMessage inner and not (Duration or Any) &&
                field.Accessor.GetValue(result) is IMessage known)
            {
                field.Accessor.SetValue(result, Merge(known, inner, replacesLists));
            }
            else
            {
                Put(result, field, patch, replacesLists);
            }
        }
        return result;
    }

    /// <summary>Merges what is packed, lists behind lists. Null when both are not of one type that is known here.</summary>
    public static Any? Merge(Any target, Any patch)
    {
        if (Any.GetTypeName(target.TypeUrl) != Any.GetTypeName(patch.TypeUrl) || XdsTypeRegistry.Find(target.TypeUrl) is not { } type)
        {
            return null;
        }
        return Any.Pack(Merge(type.Parser.ParseFrom(target.Value), type.Parser.ParseFrom(patch.Value), replacesLists: false));
    }

    private static void Put(IMessage to, FieldDescriptor field, IMessage from, bool replacesLists)
    {
        var value = field.Accessor.GetValue(from);
        if (field.IsMap)
        {
            var map = (IDictionary)field.Accessor.GetValue(to);
            foreach (DictionaryEntry entry in (IDictionary)value)
            {
                map[entry.Key] = entry.Value;
            }
        }
        else if (field.IsRepeated)
        {
            var list = (IList)field.Accessor.GetValue(to);
            var items = (IList)value;
            if (replacesLists && items.Count > 0)
            {
                list.Clear();
            }
            foreach (var item in items)
            {
                list.Add(item);
            }
        }
        else if (IsSet(field, from, value))
        {
            field.Accessor.SetValue(to, value);
        }
    }

    private static bool IsSet(FieldDescriptor field, IMessage message, object? value)
    {
        if (field.RealContainingOneof is { } oneof)
        {
            return oneof.Accessor.GetCaseFieldDescriptor(message) == field;
        }
        return field.FieldType == FieldType.Message ? value is not null
            : field.HasPresence ? field.Accessor.HasValue(message)
            : value switch
            {
                string text => text.Length > 0,
                ByteString bytes => bytes.Length > 0,
                bool flag => flag,
                _ => Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture) != 0,
            };
    }
}
