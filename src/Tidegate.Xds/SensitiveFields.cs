using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Udpa.Annotations;

namespace Tidegate.Xds;

/// <summary>
/// What of messages nobody is shown: fields that Envoy's API marks as sensitive (<c>udpa.annotations.sensitive</c>), keys and passwords, wherever they stand. Dumps
/// have <c>[redacted]</c> there, as Envoy's.
/// </summary>
public static class SensitiveFields
{
    private const string Redacted = "[redacted]";

    /// <summary>Whether something of the kind is in a message.</summary>
    public static bool AreIn(IMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        IMessage copy = Clone(message);
        Walk(copy, isSensitive: false, out bool isChanged);
        return isChanged;
    }

    /// <summary>The message without it; itself where there is none.</summary>
    public static IMessage Redact(IMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        IMessage copy = Clone(message);
        Walk(copy, isSensitive: false, out bool isChanged);
        return isChanged ? copy : message;
    }

    private static IMessage Clone(IMessage message) => message.Descriptor.Parser.ParseFrom(message.ToByteString());

    private static void Walk(IMessage message, bool isSensitive, out bool isChanged)
    {
        isChanged = false;
        if (message is Any any)
        {
            isChanged = WalkPacked(any, isSensitive);
            return;
        }

        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            bool isHidden = isSensitive || field.GetOptions()?.GetExtension(SensitiveExtensions.Sensitive) == true;
            if (field.IsMap)
            {
                isChanged |= WalkMap((IDictionary)field.Accessor.GetValue(message), isHidden);
            }
            else if (field.IsRepeated)
            {
                isChanged |= WalkList((IList)field.Accessor.GetValue(message), isHidden);
            }
            else if (field.FieldType == FieldType.Message)
            {
                if (field.Accessor.GetValue(message) is IMessage inner)
                {
                    Walk(inner, isHidden, out bool isInnerChanged);
                    isChanged |= isInnerChanged;
                }
            }
            else if (isHidden && IsSet(message, field) && Hide(field.Accessor.GetValue(message)) is { } hidden)
            {
                field.Accessor.SetValue(message, hidden);
                isChanged = true;
            }
        }
    }

    // A member of a oneof is there where it is the one; any other where it is not empty.
    private static bool IsSet(IMessage message, FieldDescriptor field) =>
        field.ContainingOneof is { } oneof ? oneof.Accessor.GetCaseFieldDescriptor(message) == field : field.Accessor.GetValue(message) is string { Length: > 0 } or ByteString { IsEmpty: false };

    private static object? Hide(object? value) => value switch
    {
        string => Redacted,
        ByteString => ByteString.CopyFromUtf8(Redacted),
        _ => null,
    };

    private static bool WalkMap(IDictionary map, bool isHidden)
    {
        bool isChanged = false;
        foreach (object key in map.Keys.Cast<object>().ToArray())
        {
            if (map[key] is IMessage inner)
            {
                Walk(inner, isHidden, out bool isInnerChanged);
                isChanged |= isInnerChanged;
            }
            else if (isHidden && Hide(map[key]) is { } hidden)
            {
                map[key] = hidden;
                isChanged = true;
            }
        }

        return isChanged;
    }

    private static bool WalkList(IList list, bool isHidden)
    {
        bool isChanged = false;
        for (int i = 0; i < list.Count; i++)
        {
            if (list[i] is IMessage inner)
            {
                Walk(inner, isHidden, out bool isInnerChanged);
                isChanged |= isInnerChanged;
            }
            else if (isHidden && Hide(list[i]) is { } hidden)
            {
                list[i] = hidden;
                isChanged = true;
            }
        }

        return isChanged;
    }

    // Of what is packed as fields in JSON, the type says which are hidden; where it is not known, or they are not its fields, nothing is shown.
    private static bool WalkPacked(Any any, bool isSensitive)
    {
        if (TypedStructs.TypeNameOf(any) != Any.GetTypeName(any.TypeUrl))
        {
            if (!TypedStructs.TryResolve(any, out Any resolved, out _) || XdsTypeRegistry.Find(resolved.TypeUrl) is null)
            {
                any.TypeUrl = $"type.googleapis.com/{TypedStructs.TypeNameOf(any)}";
                any.Value = ByteString.Empty;
                return true;
            }

            bool isChanged = WalkPacked(resolved, isSensitive);
            if (isChanged)
            {
                (any.TypeUrl, any.Value) = (resolved.TypeUrl, resolved.Value);
            }

            return isChanged;
        }

        if (XdsTypeRegistry.Find(any.TypeUrl) is not { } type)
        {
            bool isShown = !isSensitive || any.Value.IsEmpty;
            any.Value = isShown ? any.Value : ByteString.Empty;
            return !isShown;
        }

        IMessage inner;
        try
        {
            inner = type.Parser.ParseFrom(any.Value);
        }
        catch (InvalidProtocolBufferException)
        {
            any.Value = ByteString.Empty; // nobody knows what of it is a key
            return true;
        }

        Walk(inner, isSensitive, out bool isInnerChanged);
        if (isInnerChanged)
        {
            any.Value = inner.ToByteString();
        }

        return isInnerChanged;
    }
}
