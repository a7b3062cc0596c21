using System.Globalization;
using System.Text;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// Checks that a text is a regular expression that RE2 takes (github.com/google/re2, doc/syntax.txt) and that the data plane can
/// run, with the messages of Go's <c>regexp/syntax</c>. The framework's own syntax differs: it has look-around, back references,
/// atomic groups and class subtraction, which RE2 has not; and it lacks <c>[[:alpha:]]</c>, <c>\pL</c>, <c>\Q...\E</c>,
/// <c>(?P&lt;name&gt;...)</c>, <c>\x{...}</c>, which RE2 has. So nothing is compiled here. Stricter than RE2 in what the data plane has
/// not: Unicode scripts (<c>\p{Greek}</c>), the flag <c>U</c>, characters above FFFF by number. One use per object.
/// </summary>
internal sealed class Re2Syntax
{
    private const int MaxRepetition = 1000;
    private const int MaxDepth = 200;
    private const long MaxSize = 32768;
    private const string Categories = " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cs Co ";
    private const string PosixClasses = " alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit ";

    private readonly string _text;
    private readonly Stack<Scope> _scopes = new();
    private string? _problem;
    private int _at;
    private long _size;
    private Atom _last;

    // Where the repetition began that the last step read, -1 when it read something else.
    private int _lastRepetition = -1;

    private Re2Syntax(string text) => _text = text;

    /// <summary>Null, or what is wrong.</summary>
    public static string? Check(string text) => new Re2Syntax(text).Run();

    private string? Run()
    {
        for (int i = 0; i < _text.Length; i++)
        {
            if (char.IsSurrogate(_text[i]) && !(i + 1 < _text.Length && char.IsSurrogatePair(_text[i], _text[++i])))
            {
                return "error parsing regexp: invalid UTF-8";
            }
        }

        _scopes.Push(default);
        while (_at < _text.Length && _problem is null)
        {
            int repetition = _lastRepetition;
            _lastRepetition = -1;
            Step(repetition);
        }

        if (_scopes.Count > 1)
        {
            Refuse("missing closing )", _text);
        }

        return _problem;
    }

    private void Step(int repetition)
    {
        char c = _text[_at];
        switch (c)
        {
            case '(':
                OpenGroup();
                break;
            case ')':
                CloseGroup();
                break;
            case '|':
                _last = default;
                _at++;
                break;
            case '[':
                ReadClass();
                break;
            case '\\':
                ReadEscape();
                break;
            case '*' or '+' or '?':
                Repeat(repetition, 1, c == '?' ? 0 : 1, isCounted: false);
                break;
            case '{' when TryReadBounds(out int length, out int times):
                Repeat(repetition, length, times, isCounted: true);
                break;
            default:
                _at++;
                AddAtom();
                break;
        }
    }

    private void AddAtom(long size = 1)
    {
        _last = new Atom(true, size, 1);
        _size += size;
    }

    private void OpenGroup()
    {
        if (_scopes.Count > MaxDepth)
        {
            Refuse("expression nests too deeply", _text);
            return;
        }

        ReadOnlySpan<char> rest = _text.AsSpan(_at);
        int length = 1;
        if (rest.StartsWith("(?P<") || rest.StartsWith("(?<"))
        {
            length = ReadGroupName(rest.StartsWith("(?P<") ? 4 : 3);
        }
        else if (rest.StartsWith("(?"))
        {
            length = ReadFlags(rest, out bool isForRest);
            if (isForRest)
            {
                _at += length;
                _last = default;
                return;
            }
        }

        _at += length;
        _scopes.Push(new Scope(_size, 1));
        _last = default;
    }

    private int ReadGroupName(int start)
    {
        int end = _text.IndexOf('>', _at);
        string name = end < 0 ? string.Empty : _text[(_at + start)..end];
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            Refuse("invalid named capture", end < 0 ? _text[_at..] : _text[_at..(end + 1)]);
            return 1;
        }

        return end + 1 - _at;
    }

    private int ReadFlags(ReadOnlySpan<char> rest, out bool isForRest)
    {
        isForRest = false;
        bool isNegated = false;
        bool isAnyNegated = true;
        for (int i = 2; i < rest.Length; i++)
        {
            switch (rest[i])
            {
                case 'i' or 'm' or 's':
                    isAnyNegated = true;
                    break;
                case '-' when !isNegated:
                    isNegated = true;
                    isAnyNegated = false;
                    break;
                case ':' or ')' when isAnyNegated:
                    isForRest = rest[i] == ')';
                    return i + 1;
                default:
                    Refuse("invalid or unsupported Perl syntax", rest[..(i + 1)].ToString());
                    return 1;
            }
        }

        Refuse("missing closing )", _text);
        return 1;
    }

    private void CloseGroup()
    {
        if (_scopes.Count == 1)
        {
            Refuse("unexpected )", _text);
            return;
        }

        Scope scope = _scopes.Pop();
        _last = new Atom(true, _size - scope.SizeBefore, scope.Repetition);
        Enclose(scope.Repetition);
        _at++;
    }

    // How often the most repeated thing in a group is repeated goes with the group.
    private void Enclose(long repetition)
    {
        Scope outer = _scopes.Pop();
        _scopes.Push(outer with { Repetition = Math.Max(Math.Max(outer.Repetition, 1), repetition) });
    }

    private bool TryReadBounds(out int length, out int times)
    {
        // {n}, {n,} or {n,m}; anything else is a brace that stands for itself.
        int end = _text.IndexOf('}', _at);
        ReadOnlySpan<char> bounds = end < 0 ? default : _text.AsSpan((_at + 1)..end);
        int comma = bounds.IndexOf(',');
        ReadOnlySpan<char> low = comma < 0 ? bounds : bounds[..comma];
        ReadOnlySpan<char> high = comma < 0 ? low : bounds[(comma + 1)..];
        length = end - _at + 1;
        times = 0;
        if (low.IsEmpty || low.ContainsAnyExceptInRange('0', '9') || high.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        bool isLow = int.TryParse(low, CultureInfo.InvariantCulture, out int from) && from <= MaxRepetition;
        int to = from;
        bool isHigh = high.IsEmpty || (int.TryParse(high, CultureInfo.InvariantCulture, out to) && to <= MaxRepetition);
        if (!isLow || !isHigh || (to < from && !high.IsEmpty))
        {
            Refuse("invalid repeat count", _text.Substring(_at, length));
        }

        times = Math.Max(from, to);
        return true;
    }

    private void Repeat(int repetition, int length, int times, bool isCounted)
    {
        string operation = _text.Substring(_at, length);
        if (!_last.IsThere)
        {
            Refuse("missing argument to repetition operator", operation);
            return;
        }

        int start = _at;
        _at += length;
        if (_at < _text.Length && _text[_at] == '?')
        {
            _at++; // as few as possible
        }

        if (repetition >= 0)
        {
            Refuse("invalid nested repetition operator", _text[repetition.._at]);
            return;
        }

        long nested = isCounted ? _last.Repetition * Math.Max(times, 1) : _last.Repetition;
        if (isCounted && nested > MaxRepetition)
        {
            Refuse("invalid repeat count", operation);
            return;
        }

        _size += _last.Size * times;
        _last = new Atom(true, _last.Size * (times + 1), nested);
        Enclose(nested);
        if (_size > MaxSize)
        {
            Refuse("expression too large", _text);
        }

        _lastRepetition = start;
    }

    private void ReadEscape()
    {
        char next = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
        switch (next)
        {
            case 'Q':
                int end = _text.IndexOf(@"\E", _at + 2, StringComparison.Ordinal);
                int stop = end < 0 ? _text.Length : end;
                for (int i = _at + 2; i < stop; i++)
                {
                    AddAtom();
                }

                _at = end < 0 ? stop : end + 2;
                return;
            case 'A' or 'z' or 'b' or 'B' or 'd' or 'D' or 's' or 'S' or 'w' or 'W':
                _at += 2;
                break;
            case 'p' or 'P':
                ReadCategory();
                break;
            default:
                _ = ReadCharacter();
                break;
        }

        AddAtom();
    }

    // One character, by itself or by an escape; -1 when it is refused.
    private int ReadCharacter()
    {
        if (_text[_at] != '\\')
        {
            return Rune.GetRuneAt(_text, _at) is var rune && (_at += rune.Utf16SequenceLength) > 0 ? rune.Value : -1;
        }

        int start = _at;
        char next = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
        if (_at + 1 >= _text.Length)
        {
            Refuse("trailing backslash at end of expression", string.Empty);
            return -1;
        }

        _at += 2;
        switch (next)
        {
            case 'a' or 'f' or 'n' or 'r' or 't' or 'v':
                return next switch { 'a' => 7, 'f' => 12, 'n' => 10, 'r' => 13, 't' => 9, _ => 11 };
            case 'x':
                return ReadHexadecimal(start);
            case >= '0' and <= '7':
                int value = next - '0';
                while (_at < _text.Length && _at < start + 4 && _text[_at] is >= '0' and <= '7')
                {
                    value = (value * 8) + _text[_at++] - '0';
                }

                return next == '0' || _at == start + 4 ? value : RefuseEscape(start);
            case < (char)0x80 when !char.IsAsciiLetterOrDigit(next):
                return next;
            default:
                return RefuseEscape(start);
        }
    }

    private int ReadHexadecimal(int start)
    {
        bool isBraced = _at < _text.Length && _text[_at] == '{';
        int end = isBraced ? _text.IndexOf('}', _at) : _at + 2;
        ReadOnlySpan<char> digits = end < 0 || end > _text.Length ? default : _text.AsSpan(isBraced ? _at + 1 : _at, isBraced ? end - _at - 1 : 2);
        if (digits.Length is 0 or > 8 || !uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) || value > 0xFFFF)
        {
            _at = end < 0 || end > _text.Length ? _text.Length : isBraced ? end + 1 : end;
            return RefuseEscape(start);
        }

        _at = isBraced ? end + 1 : end;
        return (int)value;
    }

    private int RefuseEscape(int start)
    {
        Refuse("invalid escape sequence", _text[start.._at]);
        return -1;
    }

    private void ReadCategory()
    {
        int start = _at;
        bool isBraced = _at + 2 < _text.Length && _text[_at + 2] == '{';
        int end = isBraced ? _text.IndexOf('}', _at) + 1 : Math.Min(_at + 3, _text.Length);
        string name = end <= 0 ? string.Empty : isBraced ? _text[(start + 3)..(end - 1)].TrimStart('^') : _text[(start + 2)..end];
        if (name.Length is 0 or > 2 || !Categories.Contains($" {name} ", StringComparison.Ordinal))
        {
            Refuse("invalid character class range", end <= 0 ? _text[start..] : _text[start..end]);
            return;
        }

        _at = end;
    }

    private void ReadClass()
    {
        int start = _at++;
        if (_at < _text.Length && _text[_at] == '^')
        {
            _at++;
        }

        for (bool isFirst = true; _problem is null; isFirst = false)
        {
            if (_at >= _text.Length)
            {
                Refuse("missing closing ]", _text[start..]);
                return;
            }

            if (_text[_at] == ']' && !isFirst)
            {
                _at++;
                AddAtom();
                return;
            }

            ReadClassItem();
        }
    }

    private void ReadClassItem()
    {
        int start = _at;
        ReadOnlySpan<char> rest = _text.AsSpan(_at);
        int posixEnd = rest.StartsWith("[:") ? rest.IndexOf(":]") : -1;
        if (posixEnd >= 2)
        {
            string name = rest[2..posixEnd].ToString();
            _at += posixEnd + 2;
            if (name.Contains(' ') || !PosixClasses.Contains($" {name.TrimStart('^')} ", StringComparison.Ordinal))
            {
                Refuse("invalid character class range", _text[start.._at]);
            }

            return;
        }

        if (rest.Length > 1 && rest[0] == '\\' && rest[1] is 'd' or 'D' or 's' or 'S' or 'w' or 'W')
        {
            _at += 2;
            return;
        }

        if (rest.Length > 1 && rest[0] == '\\' && rest[1] is 'p' or 'P')
        {
            ReadCategory();
            return;
        }

        int low = ReadCharacter();
        if (_problem is null && _at + 1 < _text.Length && _text[_at] == '-' && _text[_at + 1] != ']')
        {
            _at++;
            int high = ReadCharacter();
            if (_problem is null && high < low)
            {
                Refuse("invalid character class range", _text[start.._at]);
            }
        }
    }

    private void Refuse(string code, string fragment) => _problem ??= $"error parsing regexp: {code}: `{fragment}`";

    // What a repetition would repeat: how large it is, and how often a part of it is repeated already.
    private readonly record struct Atom(bool IsThere, long Size, long Repetition);

    private readonly record struct Scope(long SizeBefore, long Repetition);
}
