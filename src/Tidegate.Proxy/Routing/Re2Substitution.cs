using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Tidegate.Proxy.Routing;

/// <summary>What a match is replaced by: text with <c>\0</c> to <c>\9</c> for groups and <c>\\</c> for a backslash (RE2: <c>Rewrite</c>).</summary>
public sealed class Re2Substitution
{
    private readonly (string Text, int Group)[] _parts;

    private Re2Substitution((string Text, int Group)[] parts)
    {
        _parts = parts;
    }

    /// <summary>Reads a substitution.</summary>
    /// <param name="text">The substitution.</param>
    /// <param name="groupCount">How many groups the expression has.</param>
    /// <param name="substitution">The substitution that was read.</param>
    /// <param name="reason">Why it is none.</param>
    public static bool TryParse(
        string text,
        int groupCount,
        [NotNullWhen(true)] out Re2Substitution? substitution,
        [NotNullWhen(false)] out string? reason)
    {
        substitution = null;
        List<(string, int)> parts = [];
        var literal = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                literal.Append(text[i]);
                continue;
            }

            char next = ++i < text.Length ? text[i] : '\0';
            if (next == '\\')
            {
                literal.Append('\\');
            }
            else if (char.IsAsciiDigit(next))
            {
                if (next - '0' > groupCount)
                {
                    reason = $"the substitution \"{text}\" uses group {next}; the regular expression has {groupCount}";
                    return false;
                }

                parts.Add((literal.ToString(), next - '0'));
                literal.Clear();
            }
            else
            {
                reason = $"the substitution \"{text}\" has a backslash that is followed by neither a digit nor a backslash";
                return false;
            }
        }

        parts.Add((literal.ToString(), -1));
        substitution = new Re2Substitution([.. parts]);
        reason = null;
        return true;
    }

    /// <summary>Appends the replacement of one match.</summary>
    internal void AppendTo(ref ByteBuilder output, Match match)
    {
        foreach ((string text, int group) in _parts)
        {
            output.AppendUtf8(text);
            if (group >= 0)
            {
                output.AppendUtf8(match.Groups[group].ValueSpan);
            }
        }
    }
}
