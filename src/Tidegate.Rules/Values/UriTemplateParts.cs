using System.Buffers;
using System.Text;

namespace Tidegate.Rules.Values;

/// <summary>
/// The parts of a template for paths (Envoy: <c>envoy.path.match.uri_template</c>): <c>*</c> is one segment, <c>**</c> is any rest, both may have a name in
/// braces.
/// </summary>
public sealed class UriTemplateParts
{
    private const int MaxVariables = 5;

    private static readonly SearchValues<char> LiteralCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()+,;:@=/");

    private UriTemplateParts(IReadOnlyList<string?> pieces, string? behindRest)
    {
        Pieces = pieces;
        BehindRest = behindRest;
    }

    /// <summary>Texts, and null for a segment, up to the rest where there is one.</summary>
    public IReadOnlyList<string?> Pieces { get; }

    /// <summary>The text behind the rest; null where there is no rest.</summary>
    public string? BehindRest { get; }

    /// <summary>Reads a template; null when it is none, with what is wrong.</summary>
    public static UriTemplateParts? TryParse(string text, out string problem)
    {
        problem = string.Empty;
        if (!text.StartsWith('/'))
        {
            problem = $"the path template \"{text}\" does not begin with a slash";
            return null;
        }

        // 1. Names are of no account here: {name} is *, {name=pattern} is the pattern.
        if (WithoutNames(text, out string? nameProblem) is not { } pattern)
        {
            problem = $"the path template \"{text}\" {nameProblem}";
            return null;
        }

        // 2. Whole segments are texts or operators; nothing but text is behind **.
        List<string?> pieces = [];
        StringBuilder literal = new();
        bool hasRest = false;
        string[] segments = pattern.Split('/');
        for (int i = 1; i < segments.Length; i++)
        {
            literal.Append('/');
            string segment = segments[i];
            if (segment is "*" or "**")
            {
                if (hasRest)
                {
                    problem = $"the path template \"{text}\" has an operator behind **";
                    return null;
                }

                pieces.Add(literal.ToString());
                literal.Clear();
                hasRest = segment == "**";
                if (!hasRest)
                {
                    pieces.Add(null);
                }
            }
            else if (segment.AsSpan().ContainsAnyExcept(LiteralCharacters))
            {
                problem = $"the path template \"{text}\" has \"{segment}\", which is neither text nor an operator";
                return null;
            }
            else
            {
                literal.Append(segment);
            }
        }

        string last = literal.ToString();
        if (!hasRest)
        {
            pieces.Add(last);
        }

        return new UriTemplateParts(pieces, hasRest ? last : null);
    }

    private static string? WithoutNames(string text, out string? problem)
    {
        problem = null;
        var pattern = new StringBuilder(text.Length);
        HashSet<string> names = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '}')
            {
                problem = "has a closing brace without an opening one";
                return null;
            }

            if (text[i] != '{')
            {
                pattern.Append(text[i]);
                continue;
            }

            int end = text.IndexOf('}', i);
            string variable = end < 0 ? string.Empty : text[(i + 1)..end];
            string name = variable.Split('=', 2)[0];
            string value = variable.Contains('=', StringComparison.Ordinal) ? variable.Split('=', 2)[1] : "*";
            bool isName = name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');
            if (end < 0 || !isName || value.Length == 0 || value.Contains('{', StringComparison.Ordinal))
            {
                problem = "has a variable that is none";
                return null;
            }

            if (!names.Add(name) || names.Count > MaxVariables)
            {
                problem = $"has two variables named {name}, or more than {MaxVariables}";
                return null;
            }

            pattern.Append(value);
            i = end;
        }

        return pattern.ToString();
    }
}
