using Tidegate.Http.Headers;

namespace Tidegate.Http.Http2.Hpack;

/// <summary>The static table of RFC 7541 appendix A.</summary>
internal static class HpackStaticTable
{
    /// <summary>How many entries there are; indexes above it are the dynamic table's.</summary>
    public const int Count = 61;

    /// <summary>Index of <c>:authority</c>.</summary>
    public const int Authority = 1;

    /// <summary>Index of <c>:method: GET</c>; <c>POST</c> is the next one.</summary>
    public const int MethodGet = 2;

    /// <summary>Index of <c>:path: /</c>.</summary>
    public const int PathSlash = 4;

    /// <summary>Index of <c>:scheme: http</c>; <c>https</c> is the next one.</summary>
    public const int SchemeHttp = 6;

    /// <summary>Index of <c>:status: 200</c>.</summary>
    public const int Status200 = 8;

    private static readonly (byte[] Name, byte[] Value, KnownHeader Known)[] Entries = Build(
    [
        ("", ""),
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"), (":scheme", "https"),
        (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"),
        ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""), ("content-disposition", ""),
        ("content-encoding", ""), ("content-language", ""), ("content-length", ""), ("content-location", ""), ("content-range", ""), ("content-type", ""),
        ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
        ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""),
        ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""),
        ("retry-after", ""), ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""),
        ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]);

    private static readonly byte[] IndexByKnown = BuildIndex();

    // The names that are no known headers.
    private static readonly byte[] OtherIndexes = [.. Enumerable.Range(Status200 + 7, Count - Status200 - 6).Where(i => Entries[i].Known == KnownHeader.None).Select(i => (byte)i)];

    /// <summary>The name of an entry, and which known header it is.</summary>
    public static ReadOnlySpan<byte> NameOf(int index, out KnownHeader known)
    {
        known = Entries[index].Known;
        return Entries[index].Name;
    }

    /// <summary>The value of an entry; empty where the table has only a name.</summary>
    public static ReadOnlySpan<byte> ValueOf(int index) => Entries[index].Value;

    /// <summary>The first index of a field's name, which is not a pseudo-header field; 0 when it is not in the table.</summary>
    public static int IndexOf(KnownHeader known, ReadOnlySpan<byte> name) => known != KnownHeader.None ? IndexByKnown[(int)known] : IndexOfOther(name);

    /// <summary>The index of a status that the table has; 0 for others.</summary>
    public static int IndexOfStatus(int status) => status switch
    {
        200 => 8,
        204 => 9,
        206 => 10,
        304 => 11,
        400 => 12,
        404 => 13,
        500 => 14,
        _ => 0,
    };

    private static int IndexOfOther(ReadOnlySpan<byte> name)
    {
        foreach (byte index in OtherIndexes)
        {
            if (name.SequenceEqual(Entries[index].Name))
            {
                return index;
            }
        }

        return 0;
    }

    private static (byte[] Name, byte[] Value, KnownHeader Known)[] Build((string Name, string Value)[] entries) =>
        [.. entries.Select(e => (System.Text.Encoding.ASCII.GetBytes(e.Name), System.Text.Encoding.ASCII.GetBytes(e.Value), KnownHeaders.Find(System.Text.Encoding.ASCII.GetBytes(e.Name))))];

    private static byte[] BuildIndex()
    {
        byte[] indexes = new byte[KnownHeaders.Count];
        for (int i = Count; i > 0; i--)
        {
            indexes[(int)Entries[i].Known] = (byte)i;
        }

        indexes[0] = 0;
        return indexes;
    }
}
