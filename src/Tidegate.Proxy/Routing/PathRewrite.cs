using System.Text;
using Tidegate.Rules.Expressions;

namespace Tidegate.Proxy.Routing;

/// <summary>
/// How a path becomes another; the query stays (Envoy: <c>prefix_rewrite</c>, <c>regex_rewrite</c>; istio-gateway.md 4.6). The result is a string as
/// written: whoever sends it normalises it once more, so that a rewrite can't lead out of where it points (edge.md, P20).
/// </summary>
public sealed class PathRewrite
{
    private readonly byte[] _replacement;
    private readonly Re2Pattern? _pattern;
    private readonly Re2Substitution? _substitution;

    private PathRewrite(byte[] replacement, Re2Pattern? pattern, Re2Substitution? substitution)
    {
        _replacement = replacement;
        _pattern = pattern;
        _substitution = substitution;
    }

    /// <summary>The prefix that matched is replaced; where the whole path matched, exactly or by an expression, the whole path is.</summary>
    public static PathRewrite OfPrefix(string replacement) => new(Encoding.UTF8.GetBytes(replacement), null, null);

    /// <summary>All matches of an expression in the path are replaced.</summary>
    public static PathRewrite OfPattern(Re2Pattern pattern, Re2Substitution substitution) => new([], pattern, substitution);

    /// <summary>
    /// Whether a path that this made and that was normalised since is still below the folder that the new prefix names: dot segments of the client
    /// must not lead out of it. Expressions point nowhere in particular.
    /// </summary>
    /// <param name="path">The path without its query.</param>
    public bool Covers(ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> folder = _replacement.AsSpan(0, _replacement.AsSpan().LastIndexOf((byte)'/') + 1);
        return folder.Length <= 1 || folder.IndexOf("/."u8) >= 0 || path.StartsWith(folder);
    }

    /// <summary>Appends the new path and the old query.</summary>
    /// <param name="pathAndQuery">The path as it was matched, with its query.</param>
    /// <param name="matcher">What matched it.</param>
    /// <param name="output">Takes the result; it begins with a slash.</param>
    internal void AppendTo(ReadOnlySpan<byte> pathAndQuery, PathMatcher matcher, ref ByteBuilder output)
    {
        int query = pathAndQuery.IndexOf((byte)'?');
        int pathEnd = query < 0 ? pathAndQuery.Length : query;
        int start = output.Length;
        if (_pattern is not null)
        {
            _pattern.ReplaceAll(pathAndQuery[..pathEnd], _substitution!, ref output);
        }
        else
        {
            bool isPrefix = matcher.Kind is PathMatchKind.Prefix or PathMatchKind.PathSeparatedPrefix;
            output.Append(_replacement);
            output.Append(pathAndQuery[(isPrefix ? Math.Min(matcher.Text.Length, pathEnd) : pathEnd)..pathEnd]);
        }

        if (output.Length == start || output.Written[start] != (byte)'/')
        {
            output.Insert(start, (byte)'/');
        }

        output.Append(pathAndQuery[pathEnd..]);
    }
}
