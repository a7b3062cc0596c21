using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tidegate.Proxy.Routing.Expressions;
using Tidegate.Rules.Expressions;

namespace Tidegate.Proxy.Routing;

/// <summary>
/// A regular expression in RE2's syntax, as Envoy and Istio have them, matched in time that is linear in the text: no input can make it slow
/// (edge.md, S18). Input is bytes of UTF-8; matching a text whose like was matched before allocates nothing. Safe from any thread.
/// </summary>
public sealed class Re2Pattern
{
    // No rewrite names a group behind this one.
    private const int LastNamedGroup = 9;

    private static readonly SearchValues<char> Operators = SearchValues.Create(@"\.+*?()|[]{}^$");

    private readonly Re2Expression _expression;
    private readonly byte[]? _literal;
    private readonly bool _isLiteralPrefix;
    private readonly LazyMatcher? _whole;
    private LazyMatcher? _anywhere;

    private Re2Pattern(Re2Expression expression)
    {
        _expression = expression;

        // Most expressions in use are a plain text, or a text and then anything: those need no automaton.
        _isLiteralPrefix = expression.Text.EndsWith(".*", StringComparison.Ordinal);
        string rest = _isLiteralPrefix ? expression.Text[..^2] : expression.Text;
        if (!rest.AsSpan().ContainsAny(Operators))
        {
            _literal = Encoding.UTF8.GetBytes(rest);
        }
        else
        {
            _whole = new LazyMatcher(expression.Program, isSearch: false);
        }
    }

    /// <summary>The expression as it was written.</summary>
    public string Text => _expression.Text;

    /// <summary>How many groups capture.</summary>
    public int GroupCount => _expression.GroupCount;

    /// <summary>Compiles an expression.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="pattern">The compiled expression.</param>
    /// <param name="reason">Why it is none, for a person to read.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Re2Pattern? pattern, [NotNullWhen(false)] out string? reason)
    {
        pattern = Re2Expression.TryParse(text, out Re2Expression? expression, out reason) ? new Re2Pattern(expression) : null;
        return pattern is not null;
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

        return _whole!.IsMatch(text);
    }

    /// <summary>Replaces all matches that do not overlap (RE2: <c>GlobalReplace</c>), and appends the result.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="substitution">What to put there.</param>
    /// <param name="output">Takes the text with its replacements.</param>
    internal void ReplaceAll(ReadOnlySpan<byte> text, Re2Substitution substitution, ref ByteBuilder output)
    {
        // A rewrite with groups is rare: it may allocate.
        LazyMatcher anywhere = _anywhere ??= new LazyMatcher(_expression.Program, isSearch: true);
        if (!anywhere.IsMatch(text))
        {
            output.Append(text);
            return;
        }

        var search = new CaptureSearch(_expression.Program, anywhere.Classes, Math.Min(GroupCount, LastNamedGroup));
        int copied = 0;
        int lastEnd = -1;
        for (int from = 0; from <= text.Length && search.Find(text, from);)
        {
            (int start, int end) = (search.Slots[0], search.Slots[1]);
            if (start == end && start == lastEnd)
            {
                // RE2 takes no empty match right behind another.
                anywhere.Classes.Next(text[start..], out int length);
                from = start + Math.Max(1, length);
                continue;
            }

            output.Append(text[copied..start]);
            Append(substitution, text, search.Slots, ref output);
            (copied, lastEnd, from) = (end, end, end);
        }

        output.Append(text[copied..]);
    }

    private static void Append(Re2Substitution substitution, ReadOnlySpan<byte> text, int[] slots, ref ByteBuilder output)
    {
        foreach (Re2Substitution.Part part in substitution.Parts)
        {
            output.Append(part.Text.Span);
            if (part.Group >= 0 && slots[2 * part.Group] is var start and >= 0 && slots[(2 * part.Group) + 1] is var end && end >= start)
            {
                output.Append(text[start..end]);
            }
        }
    }
}
