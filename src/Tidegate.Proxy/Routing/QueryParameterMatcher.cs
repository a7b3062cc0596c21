using System.Text;
using Tidegate.Http.Paths;

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
        QueryString.TryFind(query, _name, out ReadOnlySpan<byte> value) && (_value is null || _value.Matches(value));
}
