using System.Globalization;
using System.Text;

namespace Tidegate.Rules.Formats;

/// <summary>An operator as it stands in a format: <c>%NAME(ARGUMENT):LENGTH%</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Argument">What stands in its parentheses; empty without parentheses, which means the same.</param>
/// <param name="MaxLength">The number of bytes that its value is cut to; null for none.</param>
public sealed record FormatCall(string Name, string Argument = "", int? MaxLength = null);

/// <summary>A piece of a format: text, or an operator.</summary>
/// <param name="Text">The text, with <c>%%</c> as one percent sign; empty for an operator.</param>
/// <param name="Call">The operator; null for text.</param>
public readonly record struct FormatPart(string Text, FormatCall? Call);

/// <summary>
/// A text with command operators (Envoy: <c>SubstitutionFormatString</c>), as in access logs and in the values of fields. What is said here of
/// one is all that there is to say: it is right exactly when <see cref="Parse"/> has no problem with it.
/// </summary>
public static class FormatString
{
    /// <summary>Reads a format; null with what is wrong, naming the operator.</summary>
    public static IReadOnlyList<FormatPart>? Parse(string format, out string problem)
    {
        List<FormatPart> parts = [];
        var literal = new StringBuilder();
        int position = 0;
        while (position < format.Length)
        {
            if (format[position] != '%')
            {
                literal.Append(format[position++]);
                continue;
            }

            if (position + 1 < format.Length && format[position + 1] == '%')
            {
                literal.Append('%');
                position += 2;
                continue;
            }

            if (ParseOperator(format, position, out int end) is not { } call)
            {
                problem = $"format \"{format.ReplaceLineEndings("\\n")}\": no command operator at position {position}; "
                    + "write %OPERATOR% or %OPERATOR(ARGUMENT):LENGTH%, and %% for a percent sign";
                return null;
            }

            if (FormatOperator.Check(call) is { } wrong)
            {
                problem = wrong;
                return null;
            }

            AddText(literal, parts);
            parts.Add(new FormatPart(string.Empty, call));
            position = end;
        }

        AddText(literal, parts);
        problem = string.Empty;
        return parts;
    }

    /// <summary>Null, or what is wrong with a format.</summary>
    public static string? Check(string format) => Parse(format, out string problem) is null ? problem : null;

    /// <summary>The operators of a format that never have a value here, as they stand there and each once; none of a format that is wrong.</summary>
    public static IReadOnlyList<string> WithoutValue(string format) =>
        [.. (Parse(format, out _) ?? []).Where(static part => part.Call is not null && !FormatOperator.HasValue(part.Call)).Select(static part => $"%{part.Call!.Name}%").Distinct()];

    /// <summary>What is to be said of operators that never have a value; null when there are none.</summary>
    public static string? Describe(IReadOnlyList<string> withoutValue) => withoutValue.Count switch
    {
        0 => null,
        1 => $"{withoutValue[0]} never has a value in this gateway; it is written as a missing one",
        _ => $"{string.Join(", ", withoutValue)} never have a value in this gateway; they are written as missing ones",
    };

    // The argument ends at the first parenthesis that is followed by the operator's end, since a time format may hold percent signs and parentheses.
    private static FormatCall? ParseOperator(string format, int start, out int end)
    {
        int position = start + 1;
        while (position < format.Length && (char.IsAsciiLetterUpper(format[position]) || char.IsAsciiDigit(format[position]) || format[position] == '_'))
        {
            position++;
        }

        string name = format[(start + 1)..position];
        if (name.Length > 0 && TryParseEnd(format, position, out int? maxLength, out end))
        {
            return new FormatCall(name, string.Empty, maxLength);
        }

        end = start;
        if (name.Length == 0 || position == format.Length || format[position] != '(')
        {
            return null;
        }

        for (int close = format.IndexOf(')', position); close >= 0; close = format.IndexOf(')', close + 1))
        {
            if (TryParseEnd(format, close + 1, out maxLength, out end))
            {
                return new FormatCall(name, format[(position + 1)..close], maxLength);
            }
        }

        return null;
    }

    // "%" or ":LENGTH%".
    private static bool TryParseEnd(string format, int position, out int? maxLength, out int end)
    {
        maxLength = null;
        end = position;
        if (end < format.Length && format[end] == ':')
        {
            int digits = end + 1;
            while (digits < format.Length && char.IsAsciiDigit(format[digits]))
            {
                digits++;
            }

            if (!int.TryParse(format.AsSpan(end + 1, digits - end - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length))
            {
                return false;
            }

            maxLength = length;
            end = digits;
        }

        if (end >= format.Length || format[end] != '%')
        {
            return false;
        }

        end++;
        return true;
    }

    private static void AddText(StringBuilder literal, List<FormatPart> parts)
    {
        if (literal.Length > 0)
        {
            parts.Add(new FormatPart(literal.ToString(), null));
            literal.Clear();
        }
    }
}
