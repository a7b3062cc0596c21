using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Xds;

/// <summary>
/// A message that is packed as its fields in JSON, because whoever sent it did not have its type (xDS: <c>xds.type.v3.TypedStruct</c>, before
/// <c>udpa.type.v1.TypedStruct</c>). It may stand wherever the message itself may.
/// </summary>
public static class TypedStructs
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithTypeRegistry(XdsTypeRegistry.Instance));

    /// <summary>The full name of the type that an envelope holds, be it packed as a message or as its fields.</summary>
    public static string TypeNameOf(Any packed)
    {
        ArgumentNullException.ThrowIfNull(packed);
        string url = Fields(packed) is (string type, _) ? type : packed.TypeUrl;
        return url[(url.LastIndexOf('/') + 1)..];
    }

    /// <summary>The message itself; what is packed otherwise stays as it is.</summary>
    /// <param name="packed">What stands there.</param>
    /// <param name="resolved">The message; of a type that is not known here, its type alone.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the fields are not those of the type.</returns>
    public static bool TryResolve(Any packed, out Any resolved, out string error)
    {
        ArgumentNullException.ThrowIfNull(packed);
        error = string.Empty;
        resolved = packed;
        try
        {
            if (Fields(packed) is (string type, var value))
            {
                resolved = XdsTypeRegistry.Find(type) is { } known
                    ? Any.Pack(Parser.Parse(value is null ? "{}" : JsonFormatter.Default.Format(value), known))
                    : new Any { TypeUrl = type };
            }

            return true;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or FormatException or InvalidOperationException or OverflowException)
        {
            error = e.Message;
            return false;
        }
    }

    // The type that is named and its fields; null where a message is packed as such.
    private static (string Type, Struct? Value)? Fields(Any packed)
    {
        try
        {
            return packed switch
            {
                _ when packed.Is(global::Xds.Type.V3.TypedStruct.Descriptor) && packed.Unpack<global::Xds.Type.V3.TypedStruct>() is { TypeUrl.Length: > 0 } typed => (typed.TypeUrl, typed.Value),
                _ when packed.Is(Udpa.Type.V1.TypedStruct.Descriptor) && packed.Unpack<Udpa.Type.V1.TypedStruct>() is { TypeUrl.Length: > 0 } typed => (typed.TypeUrl, typed.Value),
                _ => null,
            };
        }
        catch (InvalidProtocolBufferException)
        {
            return null; // whoever unpacks it finds it broken
        }
    }
}
