using System.Text;
using Tidegate.Http.Tokens;

namespace Tidegate.Proxy.Routing;

/// <summary>How a path is compared (Envoy: <c>RouteMatch.path_specifier</c>).</summary>
public enum PathMatchKind : byte
{
    /// <summary>The path begins with the text: <c>/foo</c> takes <c>/foobar</c> as well.</summary>
    Prefix,

    /// <summary>The whole path is the text.</summary>
    Exact,

    /// <summary>The path is the text, or goes on behind it with a slash.</summary>
    PathSeparatedPrefix,

    /// <summary>The whole path fits the expression.</summary>
    Regex,

    /// <summary>There is no path, as in a CONNECT request; no other condition takes that (Envoy: <c>connect_matcher</c>).</summary>
    Connect,
}

/// <summary>The condition on the path, without its query, of one route (istio-gateway.md 4.2, 13).</summary>
public sealed class PathMatcher
{
    /// <summary>The condition that CONNECT requests meet, and no others.</summary>
    public static readonly PathMatcher OfConnect = new(PathMatchKind.Connect, [], true, null);

    private readonly byte[] _text;
    private readonly Re2Pattern? _pattern;
    private readonly bool _isCaseSensitive;

    private PathMatcher(PathMatchKind kind, byte[] text, bool isCaseSensitive, Re2Pattern? pattern)
    {
        Kind = kind;
        _text = text;
        _isCaseSensitive = isCaseSensitive;
        _pattern = pattern;
    }

    /// <summary>How the path is compared.</summary>
    public PathMatchKind Kind { get; }

    /// <summary>What it is compared with; empty for an expression.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>A condition on text.</summary>
    /// <param name="kind">Any but <see cref="PathMatchKind.Regex"/>.</param>
    /// <param name="text">What the path is compared with.</param>
    /// <param name="isCaseSensitive">Whether the case of ASCII letters counts (Envoy: <c>case_sensitive</c>).</param>
    public static PathMatcher OfText(PathMatchKind kind, string text, bool isCaseSensitive)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((byte)kind, (byte)PathMatchKind.Regex, nameof(kind));
        return new PathMatcher(kind, Encoding.UTF8.GetBytes(text), isCaseSensitive, null);
    }

    /// <summary>A condition that the whole path fits an expression; case is the expression's own matter.</summary>
    public static PathMatcher OfPattern(Re2Pattern pattern) => new(PathMatchKind.Regex, [], true, pattern);

    /// <summary>Whether a path without query fits.</summary>
    public bool Matches(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || Kind == PathMatchKind.Connect)
        {
            return path.IsEmpty && Kind == PathMatchKind.Connect;
        }

        ReadOnlySpan<byte> text = _text;
        switch (Kind)
        {
            case PathMatchKind.Prefix:
                return path.Length >= text.Length && Equal(path[..text.Length]);
            case PathMatchKind.Exact:
                return path.Length == text.Length && Equal(path);
            case PathMatchKind.PathSeparatedPrefix:
                return path.Length >= text.Length
                    && (path.Length == text.Length || path[text.Length] == (byte)'/')
                    && Equal(path[..text.Length]);
            default:
                return _pattern!.IsFullMatch(path);
        }
    }

    private bool Equal(ReadOnlySpan<byte> path) =>
        _isCaseSensitive ? path.SequenceEqual(_text) : HttpTokens.EqualsIgnoreCase(path, _text);
}
