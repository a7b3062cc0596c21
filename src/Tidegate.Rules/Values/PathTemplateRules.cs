using System.Buffers;

namespace Tidegate.Rules.Values;

/// <summary>
/// Templates for paths in policies: <c>{*}</c> is a segment, <c>{**}</c> a rest, each a segment of the template for itself, and no operator is behind a rest
/// (Istio: <c>security.CheckValidPathTemplate</c>).
/// </summary>
public static class PathTemplateRules
{
    private const string Segment = "{*}";
    private const string Rest = "{**}";

    private static readonly SearchValues<char> LiteralCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()+,;:@=");

    /// <summary>Whether a path is meant to be a template.</summary>
    public static bool IsTemplate(string path) => path.Contains(Segment, StringComparison.Ordinal) || path.Contains(Rest, StringComparison.Ordinal);

    /// <summary>Null, or what is wrong with a path of a policy, be it a template or not.</summary>
    public static string? Check(string path)
    {
        bool isTemplate = IsTemplate(path);
        if (isTemplate && !path.StartsWith('/'))
        {
            return $"invalid or unsupported path {path}: a template begins with a slash";
        }

        bool hasRest = false;
        foreach (string segment in path.Trim('/').Split('/'))
        {
            bool isOperator = segment is Segment or Rest;
            if (isOperator && hasRest)
            {
                return $"invalid or unsupported path {path}: {Rest} is not the last operator";
            }

            hasRest |= segment == Rest;
            if (!isOperator && segment.AsSpan().ContainsAny('{', '}'))
            {
                return $"invalid or unsupported path {path}: contains '{{' or '}}' beyond a supported path template";
            }

            if (isTemplate && !isOperator && (segment.Length == 0 || segment.AsSpan().ContainsAnyExcept(LiteralCharacters)))
            {
                return $"invalid or unsupported path {path}: contains segment \"{segment}\" with invalid string literal";
            }
        }

        return null;
    }

    /// <summary>A template in the form of Envoy: <c>*</c> and <c>**</c>.</summary>
    public static string ToUriTemplate(string path) => path.Replace(Segment, "*", StringComparison.Ordinal).Replace(Rest, "**", StringComparison.Ordinal);

    /// <summary>What all paths begin with that a template, or what was meant to be one, could fit.</summary>
    public static string LiteralStartOf(string path) => path[..(path.IndexOf('{', StringComparison.Ordinal) is >= 0 and var brace ? brace : path.Length)];
}
