using Tidegate.Http.Headers;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.HeaderPolicy;

/// <summary>Fields whose value is a list (RFC 9110, section 5.6.1) to which each proxy on the way adds an entry.</summary>
internal static class FieldList
{
    /// <summary>Appends an entry. Several lines become one, as Envoy makes it: a reader that takes only one line gets all.</summary>
    public static void Append(HeaderMap headers, KnownHeader name, ReadOnlySpan<byte> entry)
    {
        if (!headers.Contains(name))
        {
            headers.Add(name, entry);
            return;
        }

        var list = new ByteBuilder(stackalloc byte[512]);
        int position = 0;
        while (headers.TryGetNext(name, ref position, out ReadOnlySpan<byte> value))
        {
            if (list.Length > 0)
            {
                list.Append((byte)',');
            }

            list.Append(value);
        }

        if (list.Length > 0)
        {
            list.Append((byte)',');
        }

        list.Append(entry);
        headers.Set(name, list.Written);
        list.Dispose();
    }
}
