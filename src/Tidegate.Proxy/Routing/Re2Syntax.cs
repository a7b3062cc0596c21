using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Tidegate.Proxy.Routing;

/// <summary>
/// Turns an expression from RE2's syntax (github.com/google/re2, doc/syntax.txt) into the framework's, where the same text means another thing:
/// <c>\d</c>, <c>\w</c>, <c>\s</c> are ASCII, <c>$</c> is the very end, classes such as <c>[[:alpha:]]</c>, <c>\Q...\E</c>, <c>(?P&lt;name&gt;...)</c>.
/// What RE2 does not have (look-around, back references) is refused. One use per object.
/// </summary>
internal sealed class Re2Syntax(string text)
{
    // Istio's bootstrap allows programs of 32768 instructions (re2.max_program_size.error_level); this counts what a repetition multiplies.
    private const long MaxSize = 32768;
    private const int MaxRepetition = 1000;
    private const int MaxDepth = 200;

    private readonly StringBuilder _output = new(text.Length + 16);
    private readonly Stack<(bool IsMultiline, long SizeBefore)> _groups = new();
    private string? _reason;
    private int _at;
    private bool _isMultiline;
    private long _size;
    private long _lastAtomSize;

    /// <summary>How many groups capture.</summary>
    public int GroupCount { get; private set; }

    /// <summary>Translates; false with a reason when the expression is not valid.</summary>
    public bool TryTranslate([NotNullWhen(true)] out string? translated, [NotNullWhen(false)] out string? reason)
    {
        while (_at < text.Length && _reason is null)
        {
            ReadOne();
        }

        if (_reason is null && _groups.Count > 0)
        {
            Refuse("a parenthesis is not closed");
        }

        if (_reason is null && _size > MaxSize)
        {
            Refuse($"it is larger than {MaxSize} steps");
        }

        reason = _reason is null ? null : $"the regular expression \"{text}\" is not valid RE2: {_reason}";
        translated = _output.ToString();
        return reason is null;
    }

    private void ReadOne()
    {
        char c = text[_at];
        switch (c)
        {
            case '\\':
                ReadEscape();
                break;
            case '[':
                ReadClass();
                break;
            case '(':
                ReadGroup();
                break;
            case ')':
                EndGroup();
                break;
            case '$':
                _output.Append(_isMultiline ? "$" : @"\z");
                _at++;
                break;
            case '*' or '+' or '?':
                ReadRepetition(c == '?' ? 1 : 2, 1);
                break;
            case '{' when TryReadBounds(out int length, out int count):
                ReadRepetition(count, length);
                break;
            default:
                // A brace that is no repetition stands for itself in both.
                _output.Append(c is '{' or '}' ? $@"\{c}" : c);
                AddAtom(1);
                _at++;
                break;
        }
    }

    private void ReadEscape()
    {
        char next = _at + 1 < text.Length ? text[_at + 1] : '\0';
        if (next == 'Q')
        {
            int end = text.IndexOf(@"\E", _at + 2, StringComparison.Ordinal);
            string literal = end < 0 ? text[(_at + 2)..] : text[(_at + 2)..end];
            _output.Append(System.Text.RegularExpressions.Regex.Escape(literal));
            AddAtom(literal.Length);
            _at = end < 0 ? text.Length : end + 2;
            return;
        }

        if (next is 'A' or 'z' or 'b' or 'B')
        {
            _output.Append('\\').Append(next);
            _at += 2;
            return;
        }

        if (next == 'C')
        {
            _output.Append(@"[\s\S]");
            _at += 2;
        }
        else if (Shorthand(next) is { } members)
        {
            _output.Append(char.IsUpper(next) ? "[^" : "[").Append(members).Append(']');
            _at += 2;
        }
        else
        {
            ReadCharacterEscape();
        }

        AddAtom(1);
    }

    // An escape that means one character, or a Unicode category, inside a class or outside.
    private void ReadCharacterEscape()
    {
        char next = _at + 1 < text.Length ? text[_at + 1] : '\0';
        switch (next)
        {
            case '\0':
                Refuse("it ends with a backslash");
                break;
            case 'a' or 'f' or 't' or 'n' or 'r' or 'v':
                _output.Append('\\').Append(next);
                _at += 2;
                break;
            case 'x':
                ReadHexadecimal();
                break;
            case >= '0' and <= '7':
                ReadOctal();
                break;
            case 'p' or 'P':
                ReadCategory(next);
                break;
            case < (char)0x80 when !char.IsAsciiLetterOrDigit(next):
                _output.Append(next == '_' ? "_" : $@"\{next}");
                _at += 2;
                break;
            default:
                Refuse($@"\{next} is unknown");
                break;
        }
    }

    private void ReadHexadecimal()
    {
        int start = _at + 2;
        int end;
        string digits;
        if (start < text.Length && text[start] == '{')
        {
            end = text.IndexOf('}', start);
            digits = end < 0 ? string.Empty : text[(start + 1)..end];
            end++;
        }
        else
        {
            end = Math.Min(start + 2, text.Length);
            digits = text[start..end].Length == 2 ? text[start..end] : string.Empty;
        }

        if (digits.Length is 0 or > 8 || !uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) || value > 0xFFFF)
        {
            Refuse(@"\x is followed by no character up to FFFF");
            return;
        }

        AppendCharacter(value);
        _at = end;
    }

    private void ReadOctal()
    {
        int end = _at + 1;
        uint value = 0;
        while (end < text.Length && end < _at + 4 && text[end] is >= '0' and <= '7')
        {
            value = (value * 8) + (uint)(text[end++] - '0');
        }

        if (text[_at + 1] != '0' && end - _at < 4)
        {
            Refuse("back references are not supported");
            return;
        }

        AppendCharacter(value);
        _at = end;
    }

    private void ReadCategory(char kind)
    {
        int start = _at + 2;
        string name = string.Empty;
        int end = start;
        if (start < text.Length && text[start] == '{')
        {
            end = text.IndexOf('}', start) + 1;
            name = end > 0 ? text[(start + 1)..(end - 1)] : string.Empty;
        }
        else if (start < text.Length)
        {
            name = text[start..(start + 1)];
            end = start + 1;
        }

        bool isNegated = name.StartsWith('^');
        name = isNegated ? name[1..] : name;
        if (name.Length is 0 or > 2 || !"LMNPSZC".Contains(name[0], StringComparison.Ordinal))
        {
            Refuse($"the Unicode class \"{name}\" is not supported; general categories such as L and Lu are");
            return;
        }

        _output.Append('\\').Append(isNegated == (kind == 'P') ? 'p' : 'P').Append('{').Append(name).Append('}');
        _at = end;
    }

    private void ReadClass()
    {
        _output.Append('[');
        _at++;
        if (_at < text.Length && text[_at] == '^')
        {
            _output.Append('^');
            _at++;
        }

        for (bool isFirst = true; ; isFirst = false)
        {
            if (_at >= text.Length)
            {
                Refuse("a class is not closed");
                return;
            }

            char c = text[_at];
            if (c == ']' && !isFirst)
            {
                break;
            }

            if (c == '[' && text.AsSpan(_at).StartsWith("[:"))
            {
                ReadPosixClass();
            }
            else if (c == '\\')
            {
                char next = _at + 1 < text.Length ? text[_at + 1] : '\0';
                if (Shorthand(next) is { } members)
                {
                    AppendMembers(members, char.IsUpper(next));
                    _at += 2;
                }
                else
                {
                    ReadCharacterEscape();
                }
            }
            else
            {
                _output.Append(c is '[' or ']' ? $@"\{c}" : c);
                _at++;
            }

            if (_reason is not null)
            {
                return;
            }
        }

        _output.Append(']');
        _at++;
        AddAtom(1);
    }

    private void ReadPosixClass()
    {
        int end = text.IndexOf(":]", _at + 2, StringComparison.Ordinal);
        string name = end < 0 ? string.Empty : text[(_at + 2)..end];
        bool isNegated = name.StartsWith('^');
        string? members = (isNegated ? name[1..] : name) switch
        {
            "alnum" => "0-9A-Za-z",
            "alpha" => "A-Za-z",
            "ascii" => @"\x00-\x7F",
            "blank" => @"\t ",
            "cntrl" => @"\x00-\x1F\x7F",
            "digit" => "0-9",
            "graph" => "!-~",
            "lower" => "a-z",
            "print" => " -~",
            "punct" => @"!-/:-@\[-`{-~",
            "space" => @"\t\n\v\f\r ",
            "upper" => "A-Z",
            "word" => "0-9A-Za-z_",
            "xdigit" => "0-9A-Fa-f",
            _ => null,
        };
        if (members is null)
        {
            Refuse($"the class [:{name}:] is unknown");
            return;
        }

        AppendMembers(members, isNegated);
        _at = end + 2;
    }

    // A class has no way to say "all but these" in the middle, so what is left over is written out.
    private void AppendMembers(string members, bool isNegated)
    {
        if (!isNegated)
        {
            _output.Append(members);
            return;
        }

        var class_ = new System.Text.RegularExpressions.Regex($"[{members}]", System.Text.RegularExpressions.RegexOptions.CultureInvariant);
        int from = -1;
        for (int c = 0; c <= 0x80; c++)
        {
            bool isLeftOver = c < 0x80 && !class_.IsMatch(((char)c).ToString());
            if (isLeftOver && from < 0)
            {
                from = c;
            }
            else if (!isLeftOver && from >= 0)
            {
                _output.Append(CultureInfo.InvariantCulture, $@"\x{from:X2}-\x{c - 1:X2}");
                from = -1;
            }
        }

        _output.Append(@"\u0080-\uFFFF");
    }

    private void ReadGroup()
    {
        _groups.Push((_isMultiline, _size));
        if (_groups.Count > MaxDepth)
        {
            Refuse($"parentheses are nested more than {MaxDepth} deep");
            return;
        }

        ReadOnlySpan<char> rest = text.AsSpan(_at);
        if (!rest.StartsWith("(?"))
        {
            _output.Append('(');
            GroupCount++;
            _at++;
        }
        else if (rest.StartsWith("(?P<") || (rest.StartsWith("(?<") && rest.Length > 3 && rest[3] is not ('=' or '!')))
        {
            // Named groups are numbered like the others; the framework would number them last, so the name goes.
            int end = rest.IndexOf('>');
            if (end < 0)
            {
                Refuse("the name of a group is not closed");
                return;
            }

            _output.Append('(');
            GroupCount++;
            _at += end + 1;
        }
        else
        {
            ReadFlags(rest);
        }
    }

    private void ReadFlags(ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOfAny(')', ':');
        ReadOnlySpan<char> flags = end < 0 ? default : rest[2..end];
        bool isOn = true;
        bool isMultiline = _isMultiline;
        foreach (char flag in flags)
        {
            if (flag == '-')
            {
                isOn = false;
            }
            else if (flag == 'm')
            {
                isMultiline = isOn;
            }
            else if (flag is not ('i' or 's'))
            {
                end = -1;
            }
        }

        if (end < 0)
        {
            Refuse("it has a group that is not supported: only (...), (?:...), (?P<name>...) and the flags i, m, s are");
            return;
        }

        _output.Append(rest[..(end + 1)]);
        _at += end + 1;
        if (rest[end] == ')')
        {
            // Flags for what follows in the surrounding group.
            _groups.Pop();
        }

        _isMultiline = isMultiline;
    }

    private void EndGroup()
    {
        if (!_groups.TryPop(out (bool IsMultiline, long SizeBefore) group))
        {
            Refuse("a parenthesis is closed that was not opened");
            return;
        }

        _output.Append(')');
        _at++;
        _isMultiline = group.IsMultiline;
        _lastAtomSize = _size - group.SizeBefore;
    }

    private bool TryReadBounds(out int length, out int count)
    {
        // {n}, {n,} or {n,m}
        int end = text.IndexOf('}', _at);
        ReadOnlySpan<char> bounds = end < 0 ? default : text.AsSpan((_at + 1)..end);
        int comma = bounds.IndexOf(',');
        ReadOnlySpan<char> low = comma < 0 ? bounds : bounds[..comma];
        ReadOnlySpan<char> high = comma < 0 ? low : bounds[(comma + 1)..];
        length = end - _at + 1;
        count = 0;
        if (low.IsEmpty || low.ContainsAnyExceptInRange('0', '9') || high.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        bool isLow = int.TryParse(low, CultureInfo.InvariantCulture, out int from) && from <= MaxRepetition;
        int to = from;
        bool isHigh = high.IsEmpty || (int.TryParse(high, CultureInfo.InvariantCulture, out to) && to <= MaxRepetition);
        if (!isLow || !isHigh)
        {
            Refuse($"a repetition is greater than {MaxRepetition}");
        }

        count = Math.Max(from, to) + 1;
        return true;
    }

    private void ReadRepetition(int count, int length)
    {
        _output.Append(text, _at, length);
        _at += length;
        _size += _lastAtomSize * (count - 1);
        _lastAtomSize *= count;
        if (_at < text.Length && text[_at] == '?')
        {
            _output.Append('?');
            _at++;
        }

        if (_size > MaxSize)
        {
            Refuse($"it is larger than {MaxSize} steps");
        }
    }

    private void AddAtom(long size)
    {
        _lastAtomSize = size;
        _size += size;
    }

    private void AppendCharacter(uint value) => _output.Append(CultureInfo.InvariantCulture, $@"\u{value:X4}");

    private void Refuse(string reason) => _reason ??= reason;

    private static string? Shorthand(char letter) => letter switch
    {
        'd' or 'D' => "0-9",
        'w' or 'W' => "0-9A-Za-z_",
        's' or 'S' => @"\t\n\f\r ",
        _ => null,
    };
}
