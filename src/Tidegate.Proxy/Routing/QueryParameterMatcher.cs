using System.Text;

namespace Tidegate.Proxy.Routing;

/// <summary>
/// A condition on a query parameter: its first occurrence counts, raw as it came (Envoy: <c>QueryParameterMatcher</c>; istio-gateway.md 13).
/// </summary>
public sealed class QueryParameterMatcher
{
    private readonly byte[] _name;
    private readonly ValueMatcher? _value;

    /// <summary>A condition on a parameter.</summary>
    /// <param name="name">Its name, compared with case and not decoded.</param>
    /// <param name="value">The condition on its value; null asks only that it is there.</param>
    public QueryParameterMatcher(string name, ValueMatcher? value)
    {
        _name = Encoding.UTF8.GetBytes(name);
        _value = value;
    }

    /// <summary>Whether a query fits.</summary>
    /// <param name="query">What follows the question mark.</param>
    public bool Matches(ReadOnlySpan<byte> query) =>
        TryFind(query, _name, out ReadOnlySpan<byte> value) && (_value is null || _value.Matches(value));

    /// <summary>The first value of a parameter, empty where it has none; false when it is not there.</summary>
    /// <param name="query">What follows the question mark.</param>
    /// <param name="wanted">The parameter's name.</param>
    /// <param name="value">Its value.</param>
    public static bool TryFind(ReadOnlySpan<byte> query, ReadOnlySpan<byte> wanted, out ReadOnlySpan<byte> value)
    {
        while (!query.IsEmpty)
        {
            int end = query.IndexOf((byte)'&');
            ReadOnlySpan<byte> parameter = end < 0 ? query : query[..end];
            query = end < 0 ? default : query[(end + 1)..];
            int equals = parameter.IndexOf((byte)'=');
            ReadOnlySpan<byte> name = equals < 0 ? parameter : parameter[..equals];
            if (name.SequenceEqual(wanted))
            {
                value = equals < 0 ? default : parameter[(equals + 1)..];
                return true;
            }
        }

        value = default;
        return false;
    }
}
