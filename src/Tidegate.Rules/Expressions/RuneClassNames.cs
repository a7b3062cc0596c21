using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Tidegate.Rules.Expressions;

/// <summary>The classes that have names in RE2: <c>\d</c>, <c>[:alpha:]</c>, <c>\p{Lu}</c>.</summary>
internal static class RuneClassNames
{
    // In the order of UnicodeCategory.
    private static readonly string[] Categories =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So",
    ];

    private static readonly ConcurrentDictionary<string, RuneSet> Known = new();

    /// <summary>The class that a letter behind a backslash means, which is ASCII alone; null when it means none.</summary>
    public static RuneSet? OfShorthand(char letter) => char.ToLowerInvariant(letter) switch
    {
        'd' => Cased(letter, "0-9"),
        'w' => Cased(letter, "0-9A-Z_a-z"),
        's' => Cased(letter, "\t\n\f\r "),
        _ => null,
    };

    /// <summary>The class between <c>[:</c> and <c>:]</c>, which may begin with <c>^</c>; null when there is none of that name.</summary>
    public static RuneSet? OfPosix(string name)
    {
        string? members = name.TrimStart('^') switch
        {
            "alnum" => "0-9A-Za-z",
            "alpha" => "A-Za-z",
            "ascii" => "\0-\x7F",
            "blank" => "\t ",
            "cntrl" => "\0-\x1F\x7F",
            "digit" => "0-9",
            "graph" => "!-~",
            "lower" => "a-z",
            "print" => " -~",
            "punct" => "!-/:-@[-`{-~",
            "space" => "\t-\r ",
            "upper" => "A-Z",
            "word" => "0-9A-Z_a-z",
            "xdigit" => "0-9A-Fa-f",
            _ => null,
        };
        return members is null || name.StartsWith("^^", StringComparison.Ordinal) ? null : name[0] == '^' ? Parse(members).Complement() : Parse(members);
    }

    /// <summary>A Unicode category, or all that begin with its letter; null when there is none of that name.</summary>
    public static RuneSet? OfCategory(string name)
    {
        if (name == "Any")
        {
            return RuneSet.All;
        }

        return name.Length is 1 or 2 && Array.Exists(Categories, category => category.StartsWith(name, StringComparison.Ordinal))
            ? Known.GetOrAdd(name, static name => RuneSet.Of(RangesOf(name)))
            : null;
    }

    private static RuneSet Cased(char letter, string members) => char.IsAsciiLetterUpper(letter) ? Parse(members).Complement() : Parse(members);

    private static RuneSet Parse(string members)
    {
        List<(int, int)> ranges = [];
        for (int i = 0; i < members.Length; i++)
        {
            bool isRange = i + 2 < members.Length && members[i + 1] == '-';
            ranges.Add((members[i], isRange ? members[i + 2] : members[i]));
            i += isRange ? 2 : 0;
        }

        return RuneSet.Of(ranges);
    }

    private static IEnumerable<(int First, int Last)> RangesOf(string name)
    {
        int first = -1;
        for (int value = 0; value <= 0x110000; value++)
        {
            bool isIn = Rune.IsValid(value) && CategoryOf(value).StartsWith(name, StringComparison.Ordinal);
            if (isIn && first < 0)
            {
                first = value;
            }
            else if (!isIn && first >= 0)
            {
                yield return (first, value - 1);
                first = -1;
            }
        }
    }

    private static string CategoryOf(int value) =>
        CharUnicodeInfo.GetUnicodeCategory(value) is var category && category == UnicodeCategory.OtherNotAssigned ? string.Empty : Categories[(int)category];
}
