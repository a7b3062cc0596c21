using System.Text;
using Tidegate.Http.Tokens;

namespace Tidegate.Proxy.Routing;

/// <summary>How a value is compared (Envoy: <c>type.matcher.v3.StringMatcher</c>).</summary>
public enum ValueMatchKind : byte
{
    /// <summary>The value is the text.</summary>
    Exact,

    /// <summary>The value begins with the text.</summary>
    Prefix,

    /// <summary>The value ends with the text.</summary>
    Suffix,

    /// <summary>The text stands somewhere in the value.</summary>
    Contains,

    /// <summary>The whole value fits the expression.</summary>
    Regex,
}

/// <summary>A condition on one value: of a field, a query parameter, an origin.</summary>
public sealed class ValueMatcher
{
    private readonly byte[] _text;
    private readonly Re2Pattern? _pattern;
    private readonly bool _ignoresCase;

    private ValueMatcher(ValueMatchKind kind, byte[] text, bool ignoresCase, Re2Pattern? pattern)
    {
        Kind = kind;
        _text = text;
        _ignoresCase = ignoresCase;
        _pattern = pattern;
    }

    /// <summary>How the value is compared.</summary>
    public ValueMatchKind Kind { get; }

    /// <summary>What the value is compared with; empty for an expression.</summary>
    internal ReadOnlySpan<byte> Text => _text;

    /// <summary>Whether the case of ASCII letters does not count.</summary>
    internal bool IgnoresCase => _ignoresCase;

    /// <summary>A condition on text.</summary>
    /// <param name="kind">Any but <see cref="ValueMatchKind.Regex"/>.</param>
    /// <param name="text">What the value is compared with.</param>
    /// <param name="ignoresCase">Whether the case of ASCII letters does not count (Envoy: <c>ignore_case</c>).</param>
    public static ValueMatcher OfText(ValueMatchKind kind, string text, bool ignoresCase = false)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((byte)kind, (byte)ValueMatchKind.Regex, nameof(kind));
        return new ValueMatcher(kind, Encoding.UTF8.GetBytes(text), ignoresCase, null);
    }

    /// <summary>A condition that the whole value fits an expression; <c>ignore_case</c> has no effect on it.</summary>
    public static ValueMatcher OfPattern(Re2Pattern pattern) => new(ValueMatchKind.Regex, [], false, pattern);

    /// <summary>Whether a value fits.</summary>
    public bool Matches(ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> text = _text;
        switch (Kind)
        {
            case ValueMatchKind.Exact:
                return value.Length == text.Length && Equal(value);
            case ValueMatchKind.Prefix:
                return value.Length >= text.Length && Equal(value[..text.Length]);
            case ValueMatchKind.Suffix:
                return value.Length >= text.Length && Equal(value[^text.Length..]);
            case ValueMatchKind.Contains:
                return _ignoresCase ? ContainsIgnoreCase(value) : value.IndexOf(text) >= 0;
            default:
                return _pattern!.IsFullMatch(value);
        }
    }

    private bool Equal(ReadOnlySpan<byte> value) => _ignoresCase ? HttpTokens.EqualsIgnoreCase(value, _text) : value.SequenceEqual(_text);

    private bool ContainsIgnoreCase(ReadOnlySpan<byte> value)
    {
        for (int i = 0; i <= value.Length - _text.Length; i++)
        {
            if (HttpTokens.EqualsIgnoreCase(value.Slice(i, _text.Length), _text))
            {
                return true;
            }
        }

        return false;
    }
}
