using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Tidegate.Rules.Expressions;

/// <summary>What a match is replaced by: text with <c>\0</c> to <c>\9</c> for groups and <c>\\</c> for a backslash (RE2: <c>Rewrite</c>).</summary>
public sealed class Re2Substitution
{
    private Re2Substitution(Part[] parts) => Parts = parts;

    /// <summary>Its parts in order.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>Reads a substitution.</summary>
    /// <param name="text">The substitution.</param>
    /// <param name="groupCount">How many groups the expression has.</param>
    /// <param name="substitution">The substitution that was read.</param>
    /// <param name="problem">Why it is none.</param>
    public static bool TryParse(
        string text,
        int groupCount,
        [NotNullWhen(true)] out Re2Substitution? substitution,
        [NotNullWhen(false)] out string? problem)
    {
        substitution = null;
        List<Part> parts = [];
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
                    problem = $"the substitution \"{text}\" uses group {next}; the regular expression has {groupCount}";
                    return false;
                }

                parts.Add(new Part(Encoding.UTF8.GetBytes(literal.ToString()), next - '0'));
                literal.Clear();
            }
            else
            {
                problem = $"the substitution \"{text}\" has a backslash that is followed by neither a digit nor a backslash";
                return false;
            }
        }

        parts.Add(new Part(Encoding.UTF8.GetBytes(literal.ToString()), -1));
        substitution = new Re2Substitution([.. parts]);
        problem = null;
        return true;
    }

    /// <summary>Text, and a group behind it.</summary>
    /// <param name="Text">The text.</param>
    /// <param name="Group">The group, 0 for the whole match; negative for none.</param>
    public readonly record struct Part(ReadOnlyMemory<byte> Text, int Group);
}
