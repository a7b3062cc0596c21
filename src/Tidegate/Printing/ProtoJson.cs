using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Xds;
using FieldType = Google.Protobuf.Reflection.FieldType;

namespace Tidegate.Printing;

/// <summary>How messages are written.</summary>
public enum ProtoJsonForm
{
    /// <summary>Canonical: lowerCamelCase names, defaults left out (istioctl).</summary>
    Canonical,

    /// <summary>Names as in the .proto files, defaults left out (Envoy's config dump, clusters and listeners).</summary>
    ProtoNames,

    /// <summary>Names as in the .proto files, primitive fields written also when they have their default (Envoy's certs, memory and server info).</summary>
    ProtoNamesWithDefaults,
}

/// <summary>
/// Writes messages as proto3 JSON with the fields in the order of the .proto file, as Go and C++ do; the C# formatter has them in the order of their
/// numbers, and cannot leave an unknown type in an <see cref="Any"/> alone.
/// </summary>
public static class ProtoJson
{
    private const string TypeKey = "@type";

    /// <summary>Writes a message as text.</summary>
    public static string Format(IMessage message, ProtoJsonForm form, int indent)
    {
        var json = new JsonText(indent);
        Write(json, message, form);
        return json.ToString();
    }

    /// <summary>Writes a message.</summary>
    public static void Write(JsonText json, IMessage message, ProtoJsonForm form)
    {
        switch (message)
        {
            case Any any:
                WriteAny(json, any, form);
                break;
            case Timestamp timestamp:
                json.String(FormatTimestamp(timestamp));
                break;
            case Duration duration:
                json.String(FormatDuration(duration));
                break;
            case FieldMask mask:
                json.String(string.Join(',', mask.Paths));
                break;
            case Struct map:
                WriteStruct(json, map);
                break;
            case Value value:
                WriteValue(json, value);
                break;
            case ListValue list:
                WriteList(json, list);
                break;
            default:
                if (IsWrapper(message.Descriptor))
                {
                    FieldDescriptor field = message.Descriptor.FindFieldByNumber(1);
                    WriteSingle(json, field, field.Accessor.GetValue(message), form);
                    break;
                }

                json.StartObject();
                WriteFields(json, message, form);
                json.EndObject();
                break;
        }
    }

    /// <summary>A duration as <c>1.500s</c>: no fraction, or three, six or nine digits.</summary>
    public static string FormatDuration(Duration duration)
    {
        string sign = duration.Seconds < 0 || duration.Nanos < 0 ? "-" : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{Math.Abs(duration.Seconds)}{Fraction(Math.Abs(duration.Nanos))}s");
    }

    /// <summary>A point in time as RFC 3339 with the fraction that it has.</summary>
    public static string FormatTimestamp(Timestamp timestamp)
    {
        string seconds = DateTime.UnixEpoch.AddSeconds(timestamp.Seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        return $"{seconds}{Fraction(timestamp.Nanos)}Z";
    }

    private static string Fraction(int nanos) => nanos switch
    {
        0 => string.Empty,
        _ when nanos % 1_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $".{nanos / 1_000_000:D3}"),
        _ when nanos % 1_000 == 0 => string.Create(CultureInfo.InvariantCulture, $".{nanos / 1_000:D6}"),
        _ => string.Create(CultureInfo.InvariantCulture, $".{nanos:D9}"),
    };

    private static void WriteFields(JsonText json, IMessage message, ProtoJsonForm form)
    {
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            object? value = field.Accessor.GetValue(message);
            if (IsWritten(message, field, value, form))
            {
                json.Name(form == ProtoJsonForm.Canonical ? field.JsonName : field.Name);
                WriteField(json, field, value!, form);
            }
        }
    }

    private static bool IsWritten(IMessage message, FieldDescriptor field, object? value, ProtoJsonForm form)
    {
        if (field.IsMap || field.IsRepeated)
        {
            return form == ProtoJsonForm.ProtoNamesWithDefaults || ((ICollection)value!).Count > 0;
        }

        if (field.HasPresence)
        {
            return field.Accessor.HasValue(message);
        }

        return form == ProtoJsonForm.ProtoNamesWithDefaults || !IsDefault(field, value!);
    }

    private static bool IsDefault(FieldDescriptor field, object value) => value switch
    {
        string text => text.Length == 0,
        bool flag => !flag,
        ByteString bytes => bytes.IsEmpty,
        int number => number == 0,
        uint number => number == 0,
        long number => number == 0,
        ulong number => number == 0,
        // Negative zero is not the default.
        double number => BitConverter.DoubleToInt64Bits(number) == 0,
        float number => BitConverter.SingleToInt32Bits(number) == 0,
        System.Enum => Convert.ToInt32(value, CultureInfo.InvariantCulture) == 0,
        _ => throw new InvalidOperationException($"field {field.FullName} has a value of an unexpected type"),
    };

    private static void WriteField(JsonText json, FieldDescriptor field, object value, ProtoJsonForm form)
    {
        if (field.IsMap)
        {
            WriteMap(json, field, (IDictionary)value, form);
        }
        else if (field.IsRepeated)
        {
            json.StartArray();
            foreach (object item in (IList)value)
            {
                WriteSingle(json, field, item, form);
            }

            json.EndArray();
        }
        else
        {
            WriteSingle(json, field, value, form);
        }
    }

    private static void WriteMap(JsonText json, FieldDescriptor field, IDictionary map, ProtoJsonForm form)
    {
        FieldDescriptor valueField = field.MessageType.FindFieldByNumber(2);
        List<DictionaryEntry> entries = [];
        for (IDictionaryEnumerator enumerator = map.GetEnumerator(); enumerator.MoveNext();)
        {
            entries.Add(enumerator.Entry);
        }

        json.StartObject();
        foreach (DictionaryEntry entry in entries.OrderBy(entry => entry.Key, MapKeyOrder.Instance))
        {
            json.Name(entry.Key is bool flag ? flag ? "true" : "false" : Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!);
            WriteSingle(json, valueField, entry.Value!, form);
        }

        json.EndObject();
    }

    private static void WriteSingle(JsonText json, FieldDescriptor field, object value, ProtoJsonForm form)
    {
        switch (value)
        {
            case string text:
                json.String(text);
                break;
            case bool flag:
                json.Literal(flag ? "true" : "false");
                break;
            case ByteString bytes:
                json.String(bytes.ToBase64());
                break;
            case int or uint when field.FieldType != FieldType.Enum:
                json.Literal(Convert.ToString(value, CultureInfo.InvariantCulture)!);
                break;
            case long or ulong:
                json.String(Convert.ToString(value, CultureInfo.InvariantCulture)!);
                break;
            case double number:
                json.Number(number);
                break;
            case float number:
                json.Number(number, isSingle: true);
                break;
            case IMessage message:
                Write(json, message, form);
                break;
            default:
                WriteEnum(json, field.EnumType, Convert.ToInt32(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteEnum(JsonText json, EnumDescriptor type, int number)
    {
        if (type.FullName == "google.protobuf.NullValue")
        {
            json.Literal("null");
        }
        else if (type.FindValueByNumber(number) is { } known)
        {
            json.String(known.Name);
        }
        else
        {
            json.Literal(number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void WriteAny(JsonText json, Any any, ProtoJsonForm form)
    {
        MessageDescriptor? type = XdsTypeRegistry.Find(any.TypeUrl);
        IMessage? message = type?.Parser.ParseFrom(any.Value);
        if (message is Struct foreign && foreign.Fields.ContainsKey(TypeKey))
        {
            // ProtoJsonReader keeps what is of an unknown type like that.
            WriteStruct(json, foreign);
            return;
        }

        json.StartObject();
        if (any.TypeUrl.Length > 0)
        {
            json.Name(TypeKey);
            json.String(any.TypeUrl);
        }

        if (message is null)
        {
            if (any.Value.Length > 0)
            {
                json.Name("value");
                json.String(any.Value.ToBase64());
            }
        }
        else if (message is Any or Timestamp or Duration or FieldMask or Struct or Value or ListValue || IsWrapper(message.Descriptor))
        {
            json.Name("value");
            Write(json, message, form);
        }
        else
        {
            WriteFields(json, message, form);
        }

        json.EndObject();
    }

    private static void WriteStruct(JsonText json, Struct map)
    {
        json.StartObject();
        foreach ((string name, Value value) in map.Fields.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            json.Name(name);
            WriteValue(json, value);
        }

        json.EndObject();
    }

    private static void WriteValue(JsonText json, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                json.String(value.StringValue);
                break;
            case Value.KindOneofCase.NumberValue:
                json.Number(value.NumberValue);
                break;
            case Value.KindOneofCase.BoolValue:
                json.Literal(value.BoolValue ? "true" : "false");
                break;
            case Value.KindOneofCase.StructValue:
                WriteStruct(json, value.StructValue);
                break;
            case Value.KindOneofCase.ListValue:
                WriteList(json, value.ListValue);
                break;
            default:
                json.Literal("null");
                break;
        }
    }

    private static void WriteList(JsonText json, ListValue list)
    {
        json.StartArray();
        foreach (Value item in list.Values)
        {
            WriteValue(json, item);
        }

        json.EndArray();
    }

    private static bool IsWrapper(MessageDescriptor type) => type.File == StringValue.Descriptor.File;

    // Keys of one map have one type: text by its code units, numbers by value.
    private sealed class MapKeyOrder : IComparer<object>
    {
        public static readonly MapKeyOrder Instance = new();

        public int Compare(object? x, object? y) => x is string left && y is string right ? string.CompareOrdinal(left, right) : Comparer<object>.Default.Compare(x, y);
    }
}
