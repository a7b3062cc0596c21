using System.Text;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>How a route makes a descriptor of a request: entries of a key and a value, to which limits are given (Envoy: <c>RateLimit</c>). Immutable.</summary>
internal sealed class RequestDescriptor(uint stage, IReadOnlyList<RateLimitAction> actions)
{
    private readonly RateLimitAction[] _actions = [.. actions];

    /// <summary>The filters of which stage go by it.</summary>
    public uint Stage { get; } = stage;

    /// <summary>An entry as bytes: equal descriptors have equal bytes. Neither names nor values of fields have a NUL.</summary>
    public static byte[] Entry(string key, string value)
    {
        var entry = new ByteBuilder(stackalloc byte[256]);
        Append(ref entry, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        byte[] bytes = entry.Written.ToArray();
        entry.Dispose();
        return bytes;
    }

    /// <summary>Appends an entry.</summary>
    public static void Append(ref ByteBuilder entries, scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> value)
    {
        entries.Append(key);
        entries.Append(0);
        entries.Append(value);
        entries.Append(0);
    }

    /// <summary>Writes the entries of a request. False: there is no such descriptor of it.</summary>
    public bool TryWrite(HttpExchange exchange, ref ByteBuilder entries)
    {
        foreach (RateLimitAction action in _actions)
        {
            if (!action.TryAppend(exchange, ref entries))
            {
                return false;
            }
        }

        return true;
    }
}
