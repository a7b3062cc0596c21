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
        AppendLines(headers, name, ref list);
        AppendEntry(entry, ref list);
        headers.Set(name, list.Written);
        list.Dispose();
    }

    /// <summary>Makes one line of several.</summary>
    public static void Join(HeaderMap headers, KnownHeader name)
    {
        if (headers.CountOf(name) < 2)
        {
            return;
        }

        var list = new ByteBuilder(stackalloc byte[512]);
        AppendLines(headers, name, ref list);
        headers.Set(name, list.Written);
        list.Dispose();
    }

    private static void AppendLines(HeaderMap headers, KnownHeader name, ref ByteBuilder list)
    {
        int position = 0;
        while (headers.TryGetNext(name, ref position, out ReadOnlySpan<byte> value))
        {
            AppendEntry(value, ref list);
        }
    }

    private static void AppendEntry(ReadOnlySpan<byte> entry, ref ByteBuilder list)
    {
        if (list.Length > 0)
        {
            list.Append((byte)',');
        }

        list.Append(entry);
    }
}
