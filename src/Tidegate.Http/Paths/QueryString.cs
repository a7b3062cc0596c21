namespace Tidegate.Http.Paths;

/// <summary>The parameters of a query: what stands between ampersands, a name and, behind the first equals sign, a value. Nothing is decoded.</summary>
public static class QueryString
{
    /// <summary>Takes the next parameter off a query that is not empty.</summary>
    /// <param name="query">What follows the question mark, or is left of it.</param>
    /// <param name="name">The parameter's name.</param>
    /// <returns>The parameter as it was written.</returns>
    public static ReadOnlySpan<byte> Next(scoped ref ReadOnlySpan<byte> query, out ReadOnlySpan<byte> name)
    {
        int end = query.IndexOf((byte)'&');
        ReadOnlySpan<byte> parameter = end < 0 ? query : query[..end];
        query = end < 0 ? default : query[(end + 1)..];
        int equals = parameter.IndexOf((byte)'=');
        name = equals < 0 ? parameter : parameter[..equals];
        return parameter;
    }

    /// <summary>The value of a parameter that has this name; empty where it has none.</summary>
    public static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> parameter, scoped ReadOnlySpan<byte> name) =>
        parameter.Length > name.Length ? parameter[(name.Length + 1)..] : default;

    /// <summary>The first value of a parameter, empty where it has none; false when it is not there.</summary>
    /// <param name="query">What follows the question mark.</param>
    /// <param name="wanted">The parameter's name, compared with case.</param>
    /// <param name="value">Its value.</param>
    public static bool TryFind(ReadOnlySpan<byte> query, ReadOnlySpan<byte> wanted, out ReadOnlySpan<byte> value)
    {
        while (!query.IsEmpty)
        {
            ReadOnlySpan<byte> parameter = Next(ref query, out ReadOnlySpan<byte> name);
            if (name.SequenceEqual(wanted))
            {
                value = ValueOf(parameter, name);
                return true;
            }
        }

        value = default;
        return false;
    }
}
