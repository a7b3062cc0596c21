using System.Globalization;
using System.Text;

namespace Tidegate.Rules.Expressions;

/// <summary>Reads the syntax of RE2, with the messages of Go's <c>regexp/syntax</c>. One use per object.</summary>
internal sealed class Re2Parser(string text)
{
    private const int MaxRepetition = 1000;
    private const int MaxDepth = 200;

    private static readonly RuneSet AnyButNewline = RuneSet.Of('\n').Complement();

    private readonly Stack<Frame> _frames = new();
    private readonly HashSet<string> _names = [];
    private string? _problem;
    private int _at;
    private Flags _flags;

    // Where the repetition began that the last step read, -1 when it read something else.
    private int _lastRepetition = -1;

    [Flags]
    private enum Flags
    {
        None = 0,
        IgnoreCase = 1,
        MultiLine = 2,
        DotTakesNewline = 4,
        Ungreedy = 8,
    }

    /// <summary>How many groups capture.</summary>
    public int GroupCount { get; private set; }

    /// <summary>That an expression is too large.</summary>
    public static string TooLarge(string text) => $"error parsing regexp: expression too large: `{text}`";

    /// <summary>Reads the expression; null with what is wrong.</summary>
    public Re2Node? Parse(out string? problem)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                problem = "error parsing regexp: invalid UTF-8";
                return null;
            }
        }

        _frames.Push(new Frame());
        while (_at < text.Length && _problem is null)
        {
            int repetition = _lastRepetition;
            _lastRepetition = -1;
            Step(repetition);
        }

        if (_frames.Count > 1)
        {
            Refuse("missing closing )", text);
        }

        Re2Node root = _frames.Peek().Close();
        if (root.Size > Re2Expression.MaxSize)
        {
            _problem ??= TooLarge(text);
        }

        problem = _problem;
        return problem is null ? root : null;
    }

    private void Step(int repetition)
    {
        switch (text[_at])
        {
            case '(':
                OpenGroup();
                break;
            case ')':
                CloseGroup();
                break;
            case '|':
                _frames.Peek().NextAlternative();
                _at++;
                break;
            case '[':
                ReadClass();
                break;
            case '\\':
                ReadEscape();
                break;
            case '^':
                Add(new Re2Condition(_flags.HasFlag(Flags.MultiLine) ? Re2Assertion.LineBegins : Re2Assertion.TextBegins), 1);
                break;
            case '$':
                Add(new Re2Condition(_flags.HasFlag(Flags.MultiLine) ? Re2Assertion.LineEnds : Re2Assertion.TextEnds), 1);
                break;
            case '.':
                Add(new Re2Character(_flags.HasFlag(Flags.DotTakesNewline) ? RuneSet.All : AnyButNewline), 1);
                break;
            case '*':
                Repeat(repetition, 1, 0, -1);
                break;
            case '+':
                Repeat(repetition, 1, 1, -1);
                break;
            case '?':
                Repeat(repetition, 1, 0, 1);
                break;
            case '{' when TryReadBounds(out int length, out int min, out int max):
                Repeat(repetition, length, min, max, isCounted: true);
                break;
            default:
                AddCharacter(ReadRune());
                break;
        }
    }

    private void Add(Re2Node node, int length)
    {
        _frames.Peek().Parts.Add(node);
        _at += length;
    }

    private void AddCharacter(int rune) => Add(new Re2Character(Cased(RuneSet.Of(rune))), 0);

    private RuneSet Cased(RuneSet set) => _flags.HasFlag(Flags.IgnoreCase) ? set.IgnoringCase() : set;

    private int ReadRune()
    {
        var rune = Rune.GetRuneAt(text, _at);
        _at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private void OpenGroup()
    {
        if (_frames.Count > MaxDepth)
        {
            Refuse("expression nests too deeply", text);
            return;
        }

        ReadOnlySpan<char> rest = text.AsSpan(_at);
        Flags outer = _flags;
        int index = -1;
        int length = 1;
        if (rest.StartsWith("(?P<") || rest.StartsWith("(?<"))
        {
            length = ReadGroupName(rest.StartsWith("(?P<") ? 4 : 3);
            index = ++GroupCount;
        }
        else if (rest.StartsWith("(?"))
        {
            length = ReadFlags(rest, out bool isForRest);
            if (isForRest)
            {
                _at += length;
                return;
            }
        }
        else
        {
            index = ++GroupCount;
        }

        _at += length;
        _frames.Push(new Frame { Index = index, OuterFlags = outer });
    }

    private int ReadGroupName(int start)
    {
        int end = text.IndexOf('>', _at);
        string name = end < 0 ? string.Empty : text[(_at + start)..end];
        if (name.Length == 0 || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') || !_names.Add(name))
        {
            Refuse("invalid named capture", end < 0 ? text[_at..] : text[_at..(end + 1)]);
            return 1;
        }

        return end + 1 - _at;
    }

    // Sets the flags; they hold up to the end of the group that they open or stand in.
    private int ReadFlags(ReadOnlySpan<char> rest, out bool isForRest)
    {
        isForRest = false;
        bool isNegated = false;
        bool isAnyNegated = true;
        Flags flags = _flags;
        for (int i = 2; i < rest.Length; i++)
        {
            switch (rest[i])
            {
                case 'i' or 'm' or 's' or 'U':
                    Flags flag = rest[i] switch { 'i' => Flags.IgnoreCase, 'm' => Flags.MultiLine, 's' => Flags.DotTakesNewline, _ => Flags.Ungreedy };
                    flags = isNegated ? flags & ~flag : flags | flag;
                    isAnyNegated = true;
                    break;
                case '-' when !isNegated:
                    isNegated = true;
                    isAnyNegated = false;
                    break;
                case ':' or ')' when isAnyNegated:
                    isForRest = rest[i] == ')';
                    _flags = flags;
                    return i + 1;
                default:
                    Refuse("invalid or unsupported Perl syntax", rest[..(i + 1)].ToString());
                    return 1;
            }
        }

        Refuse("missing closing )", text);
        return 1;
    }

    private void CloseGroup()
    {
        if (_frames.Count == 1)
        {
            Refuse("unexpected )", text);
            return;
        }

        Frame frame = _frames.Pop();
        Re2Node inner = frame.Close();
        _flags = frame.OuterFlags;
        Add(frame.Index >= 0 ? new Re2Group(inner, frame.Index) : inner, 1);
    }

    // {n}, {n,} or {n,m}; anything else is a brace that stands for itself.
    private bool TryReadBounds(out int length, out int min, out int max)
    {
        int end = text.IndexOf('}', _at);
        ReadOnlySpan<char> bounds = end < 0 ? default : text.AsSpan((_at + 1)..end);
        int comma = bounds.IndexOf(',');
        ReadOnlySpan<char> low = comma < 0 ? bounds : bounds[..comma];
        ReadOnlySpan<char> high = comma < 0 ? low : bounds[(comma + 1)..];
        length = end - _at + 1;
        min = 0;
        max = -1;
        if (low.IsEmpty || low.ContainsAnyExceptInRange('0', '9') || high.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        bool isLow = int.TryParse(low, CultureInfo.InvariantCulture, out min) && min <= MaxRepetition;
        bool isHigh = high.IsEmpty || (int.TryParse(high, CultureInfo.InvariantCulture, out max) && max <= MaxRepetition && max >= min);
        if (!isLow || !isHigh)
        {
            Refuse("invalid repeat count", text.Substring(_at, length));
        }

        return true;
    }

    private void Repeat(int repetition, int length, int min, int max, bool isCounted = false)
    {
        string operation = text.Substring(_at, length);
        List<Re2Node> parts = _frames.Peek().Parts;
        if (parts.Count == 0)
        {
            Refuse("missing argument to repetition operator", operation);
            return;
        }

        int start = _at;
        _at += length;
        bool isLazy = _flags.HasFlag(Flags.Ungreedy);
        if (_at < text.Length && text[_at] == '?')
        {
            _at++;
            isLazy = !isLazy;
        }

        if (repetition >= 0)
        {
            Refuse("invalid nested repetition operator", text[repetition.._at]);
            return;
        }

        Re2Node last = parts[^1];
        long nested = isCounted ? last.Repetition * Math.Max(Math.Max(min, max), 1) : last.Repetition;
        if (nested > MaxRepetition)
        {
            Refuse("invalid repeat count", operation);
            return;
        }

        parts[^1] = new Re2Repeat(last, min, max, isLazy) { Repetition = nested };
        if (parts[^1].Size > Re2Expression.MaxSize)
        {
            _problem ??= TooLarge(text);
        }

        _lastRepetition = start;
    }

    private void ReadEscape()
    {
        char next = _at + 1 < text.Length ? text[_at + 1] : '\0';
        switch (next)
        {
            case 'Q':
                int end = text.IndexOf(@"\E", _at + 2, StringComparison.Ordinal);
                int stop = end < 0 ? text.Length : end;
                _at += 2;
                while (_at < stop)
                {
                    AddCharacter(ReadRune());
                }

                _at = end < 0 ? stop : end + 2;
                break;
            case 'A':
                Add(new Re2Condition(Re2Assertion.TextBegins), 2);
                break;
            case 'z':
                Add(new Re2Condition(Re2Assertion.TextEnds), 2);
                break;
            case 'b':
                Add(new Re2Condition(Re2Assertion.WordBoundary), 2);
                break;
            case 'B':
                Add(new Re2Condition(Re2Assertion.NoWordBoundary), 2);
                break;
            case 'p' or 'P':
                Add(new Re2Character(Cased(ReadCategory())), 0);
                break;
            default:
                if (RuneClassNames.OfShorthand(next) is { } set)
                {
                    Add(new Re2Character(set), 2);
                }
                else
                {
                    AddCharacter(Math.Max(0, ReadCharacter()));
                }

                break;
        }
    }

    // One character, by itself or by an escape; -1 when it is refused.
    private int ReadCharacter()
    {
        if (text[_at] != '\\')
        {
            return ReadRune();
        }

        int start = _at;
        if (_at + 1 >= text.Length)
        {
            Refuse("trailing backslash at end of expression", string.Empty);
            _at++;
            return -1;
        }

        char next = text[_at + 1];
        _at += 2;
        switch (next)
        {
            case 'a' or 'f' or 'n' or 'r' or 't' or 'v':
                return next switch { 'a' => 7, 'f' => 12, 'n' => 10, 'r' => 13, 't' => 9, _ => 11 };
            case 'x':
                return ReadHexadecimal(start);
            case >= '0' and <= '7':
                int value = next - '0';
                while (_at < text.Length && _at < start + 4 && text[_at] is >= '0' and <= '7')
                {
                    value = (value * 8) + text[_at++] - '0';
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
        bool isBraced = _at < text.Length && text[_at] == '{';
        int end = isBraced ? text.IndexOf('}', _at) : _at + 2;
        ReadOnlySpan<char> digits = end < 0 || end > text.Length ? default : text.AsSpan(isBraced ? _at + 1 : _at, isBraced ? end - _at - 1 : 2);
        if (digits.Length is 0 or > 8 || !uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) || value > 0x10FFFF)
        {
            _at = end < 0 || end > text.Length ? text.Length : isBraced ? end + 1 : end;
            return RefuseEscape(start);
        }

        _at = isBraced ? end + 1 : end;
        return (int)value;
    }

    private int RefuseEscape(int start)
    {
        Refuse("invalid escape sequence", text[start.._at]);
        return -1;
    }

    private RuneSet ReadCategory()
    {
        int start = _at;
        bool isBraced = _at + 2 < text.Length && text[_at + 2] == '{';
        int end = isBraced ? text.IndexOf('}', _at) + 1 : Math.Min(_at + 3, text.Length);
        string name = end <= 0 ? string.Empty : isBraced ? text[(start + 3)..(end - 1)] : text[(start + 2)..end];
        bool isNegated = text[start + 1] == 'P';
        if (name.StartsWith('^'))
        {
            isNegated = !isNegated;
            name = name[1..];
        }

        if (RuneClassNames.OfCategory(name) is not { } set)
        {
            Refuse("invalid character class range", end <= 0 ? text[start..] : text[start..end]);
            _at = end <= 0 ? text.Length : end;
            return RuneSet.All;
        }

        _at = end;
        return isNegated ? set.Complement() : set;
    }

    private void ReadClass()
    {
        int start = _at++;
        bool isNegated = _at < text.Length && text[_at] == '^';
        _at += isNegated ? 1 : 0;
        List<(int, int)> ranges = [];
        for (bool isFirst = true; _problem is null; isFirst = false)
        {
            if (_at >= text.Length)
            {
                Refuse("missing closing ]", text[start..]);
                return;
            }

            if (text[_at] == ']' && !isFirst)
            {
                RuneSet set = Cased(RuneSet.Of(ranges));
                Add(new Re2Character(isNegated ? set.Complement() : set), 1);
                return;
            }

            ReadClassItem(ranges);
        }
    }

    private void ReadClassItem(List<(int First, int Last)> ranges)
    {
        int start = _at;
        ReadOnlySpan<char> rest = text.AsSpan(_at);
        int posixEnd = rest.StartsWith("[:") ? rest.IndexOf(":]") : -1;
        if (posixEnd >= 2)
        {
            _at += posixEnd + 2;
            if (posixEnd > 2 && RuneClassNames.OfPosix(rest[2..posixEnd].ToString()) is { } posix)
            {
                ranges.AddRange(posix.Ranges);
            }
            else
            {
                Refuse("invalid character class range", text[start.._at]);
            }

            return;
        }

        if (rest.Length > 1 && rest[0] == '\\' && RuneClassNames.OfShorthand(rest[1]) is { } shorthand)
        {
            _at += 2;
            ranges.AddRange(shorthand.Ranges);
            return;
        }

        if (rest.Length > 1 && rest[0] == '\\' && rest[1] is 'p' or 'P')
        {
            ranges.AddRange(ReadCategory().Ranges);
            return;
        }

        int low = ReadCharacter();
        int high = low;
        if (_problem is null && _at + 1 < text.Length && text[_at] == '-' && text[_at + 1] != ']')
        {
            _at++;
            high = ReadCharacter();
            if (_problem is null && high < low)
            {
                Refuse("invalid character class range", text[start.._at]);
            }
        }

        if (_problem is null)
        {
            ranges.Add((low, high));
        }
    }

    private void Refuse(string code, string fragment) => _problem ??= $"error parsing regexp: {code}: `{fragment}`";

    // What is read of a group, or of the whole.
    private sealed class Frame
    {
        private readonly List<Re2Node> _alternatives = [];

        public List<Re2Node> Parts { get; private set; } = [];

        public int Index { get; init; } = -1;

        public Flags OuterFlags { get; init; }

        public void NextAlternative()
        {
            _alternatives.Add(Joined());
            Parts = [];
        }

        public Re2Node Close() => _alternatives.Count == 0 ? Joined() : new Re2Choice([.. _alternatives, Joined()]);

        private Re2Node Joined() => Parts.Count == 1 ? Parts[0] : new Re2Sequence(Parts);
    }
}
