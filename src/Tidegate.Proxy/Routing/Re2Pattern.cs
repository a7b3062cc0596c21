using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Tidegate.Proxy.Routing;

/// <summary>
/// A regular expression in RE2's syntax, as Envoy and Istio have them, on the framework's linear-time engine: no input can make it
/// slow (edge.md, S18). Input is bytes of UTF-8; matching text of usual length allocates nothing.
/// </summary>
public sealed class Re2Pattern
{
    private const int StackChars = 512;

    private static readonly SearchValues<char> Operators = SearchValues.Create(@"\.+*?()|[]{}^$");

    private readonly Regex? _whole;
    private readonly byte[]? _literal;
    private readonly bool _isLiteralPrefix;
    private readonly string _translated;
    private Regex? _search;

    private Re2Pattern(string text, string translated, int groupCount, string? literal, bool isLiteralPrefix)
    {
        Text = text;
        GroupCount = groupCount;
        _translated = translated;
        if (literal is not null)
        {
            _literal = Encoding.UTF8.GetBytes(literal);
            _isLiteralPrefix = isLiteralPrefix;
        }
        else
        {
            _whole = Compile($@"\A(?:{translated})\z");
        }
    }

    /// <summary>The expression as it was written.</summary>
    public string Text { get; }

    /// <summary>How many groups capture.</summary>
    public int GroupCount { get; }

    /// <summary>Compiles an expression.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="pattern">The compiled expression.</param>
    /// <param name="reason">Why it is none, for a person to read.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Re2Pattern? pattern, [NotNullWhen(false)] out string? reason)
    {
        pattern = null;
        var syntax = new Re2Syntax(text);
        if (!syntax.TryTranslate(out string? translated, out reason))
        {
            return false;
        }

        try
        {
            (string? literal, bool isPrefix) = LiteralOf(text);
            pattern = new Re2Pattern(text, translated, syntax.GroupCount, literal, isPrefix);
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            reason = $"the regular expression \"{text}\" is not valid: {exception.Message}";
            return false;
        }
    }

    /// <summary>Whether the whole of the text fits (RE2: <c>FullMatch</c>).</summary>
    public bool IsFullMatch(ReadOnlySpan<byte> text)
    {
        if (_literal is not null)
        {
            return _isLiteralPrefix
                ? text.StartsWith(_literal) && !text[_literal.Length..].Contains((byte)'\n')
                : text.SequenceEqual(_literal);
        }

        char[]? rented = null;
        Span<char> chars = text.Length <= StackChars ? stackalloc char[StackChars] : (rented = ArrayPool<char>.Shared.Rent(text.Length));
        int length = Encoding.UTF8.GetChars(text, chars);
        bool isMatch = _whole!.IsMatch(chars[..length]);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return isMatch;
    }

    /// <summary>Replaces all matches that do not overlap (RE2: <c>GlobalReplace</c>), and appends the result.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="substitution">What to put there.</param>
    /// <param name="output">Takes the text with its replacements.</param>
    internal void ReplaceAll(ReadOnlySpan<byte> text, Re2Substitution substitution, ref ByteBuilder output)
    {
        // A rewrite with groups is rare and not worth an engine of our own: it allocates.
        Regex search = _search ??= Compile(_translated);
        string subject = Encoding.UTF8.GetString(text);
        int copied = 0;
        int lastEnd = -1;
        for (Match match = search.Match(subject); match.Success; match = match.NextMatch())
        {
            if (match.Length == 0 && match.Index == lastEnd)
            {
                continue; // RE2 takes no empty match right behind another
            }

            output.AppendUtf8(subject.AsSpan(copied, match.Index - copied));
            substitution.AppendTo(ref output, match);
            copied = match.Index + match.Length;
            lastEnd = copied;
        }

        output.AppendUtf8(subject.AsSpan(copied));
    }

    private static Regex Compile(string translated) =>
        new(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    // Most expressions in use are a plain text, or a text and then anything: those need no engine.
    private static (string? Literal, bool IsPrefix) LiteralOf(string text)
    {
        bool isPrefix = text.EndsWith(".*", StringComparison.Ordinal);
        string rest = isPrefix ? text[..^2] : text;
        return rest.AsSpan().ContainsAny(Operators) ? (null, false) : (rest, isPrefix);
    }
}
