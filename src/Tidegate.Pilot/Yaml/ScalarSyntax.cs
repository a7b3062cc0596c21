using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tidegate.Pilot.Yaml;

/// <summary>
/// What a single value means, as Kubernetes and Istio read YAML (<c>sigs.k8s.io/yaml</c> over go-yaml v2): YAML 1.1 with Go's numbers. So <c>yes</c> and
/// <c>off</c> are truth values, <c>0x50</c>, <c>0o120</c>, <c>0120</c> and <c>8_0</c> are 80, <c>1:30</c> and <c>2026-01-02</c> are texts.
/// </summary>
internal static partial class ScalarSyntax
{
    private const string StandardPrefix = "tag:yaml.org,2002:";

    /// <summary>Reads a value.</summary>
    /// <param name="text">How it is written, without quotes.</param>
    /// <param name="tag">Its tag; empty without one.</param>
    /// <param name="isPlain">Whether it is written without quotes.</param>
    /// <param name="type">What it is.</param>
    /// <param name="value">See <see cref="YamlScalar.Value"/>.</param>
    /// <returns>False when it is not what its tag says.</returns>
    public static bool TryRead(string text, string tag, bool isPlain, out YamlScalarType type, out string value)
    {
        value = text;
        type = YamlScalarType.Text;
        switch (tag.StartsWith(StandardPrefix, StringComparison.Ordinal) ? tag[StandardPrefix.Length..] : tag)
        {
            case "":
                type = isPlain ? TypeOf(text) : YamlScalarType.Text;
                return true;
            case "null":
                return (type = TypeOf(text)) == YamlScalarType.Null;
            case "bool":
                return (type = TypeOf(text)) == YamlScalarType.Boolean;
            case "int":
                return (type = TypeOf(text)) == YamlScalarType.Integer;
            case "float":
                bool isNumber = TypeOf(text) is YamlScalarType.Integer or YamlScalarType.Number;
                type = YamlScalarType.Number;
                return isNumber;
            case "binary":
                return TryDecode(text, out value);
            default:
                return true; // a text, and so is what has a tag that nobody knows
        }
    }

    /// <summary>What a value without quotes and without a tag is.</summary>
    public static YamlScalarType TypeOf(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => YamlScalarType.Null,
        "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON" => YamlScalarType.Boolean,
        "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF" => YamlScalarType.Boolean,
        ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" => YamlScalarType.Number,
        [>= '0' and <= '9' or '+' or '-', ..] => TypeOfNumber(text.Replace("_", string.Empty, StringComparison.Ordinal)),
        ['.', >= '0' and <= '9', ..] => IsFloat(text) ? YamlScalarType.Number : YamlScalarType.Text,
        _ => YamlScalarType.Text,
    };

    /// <summary>A truth value.</summary>
    public static bool BooleanOf(YamlScalar scalar) => scalar.Value[0] is 'y' or 'Y' or 't' or 'T' || scalar.Value is "on" or "On" or "ON";

    /// <summary>A whole number; null for one that is not whole, or not between those of 64 bits with a sign.</summary>
    public static long? IntegerOf(YamlScalar scalar)
    {
        if (scalar.Type == YamlScalarType.Integer)
        {
            return TryInteger(scalar.Value.Replace("_", string.Empty, StringComparison.Ordinal), out Int128 whole) && whole >= long.MinValue && whole <= long.MaxValue ? (long)whole : null;
        }

        // 80.0 and 1e3 are written to JSON as 80 and 1000.
        double number = DoubleOf(scalar);
        return number == Math.Floor(number) && Math.Abs(number) < 1e18 ? (long)number : null;
    }

    /// <summary>A number; not finite for <c>.inf</c> and <c>.nan</c>, which JSON does not have.</summary>
    public static double DoubleOf(YamlScalar scalar)
    {
        string plain = scalar.Value.Replace("_", string.Empty, StringComparison.Ordinal);
        return TryInteger(plain, out Int128 whole) ? (double)whole
            : plain.EndsWith("nan", StringComparison.OrdinalIgnoreCase) ? double.NaN
            : plain.EndsWith("inf", StringComparison.OrdinalIgnoreCase) ? (plain[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity)
            : double.Parse(plain, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    /// <summary>The text that a value is as a key; null for what cannot be one.</summary>
    public static string? KeyOf(YamlScalar scalar) => scalar.Type switch
    {
        YamlScalarType.Text => scalar.Value,
        YamlScalarType.Boolean => BooleanOf(scalar) ? "true" : "false",
        YamlScalarType.Integer => IntegerOf(scalar)?.ToString(CultureInfo.InvariantCulture),
        YamlScalarType.Number when double.IsFinite(DoubleOf(scalar)) => ((float)DoubleOf(scalar)).ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    // Without its underscores. What looks like a number and is too large for one is a text.
    private static YamlScalarType TypeOfNumber(string plain) =>
        TryInteger(plain, out _) ? YamlScalarType.Integer
        : IsFloat(plain) ? YamlScalarType.Number
        : YamlScalarType.Text;

    private static bool IsFloat(string plain) =>
        Float().IsMatch(plain) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);

    // Go's strconv.ParseInt, and ParseUint, with base 0.
    private static bool TryInteger(string plain, out Int128 number)
    {
        number = 0;
        ReadOnlySpan<char> digits = plain;
        bool isNegative = digits is ['-', ..];
        bool isSigned = digits is ['-' or '+', ..];
        digits = isSigned ? digits[1..] : digits;
        int radix = digits switch
        {
            ['0', 'x' or 'X', _, ..] => 16,
            ['0', 'o' or 'O', _, ..] => 8,
            ['0', 'b' or 'B', _, ..] => 2,
            ['0', _, ..] => -8,
            _ => 10,
        };
        digits = radix is 16 or 8 or 2 ? digits[2..] : digits;
        if (digits.IsEmpty)
        {
            return false;
        }

        // Only what has no sign may take all 64 bits.
        Int128 most = isNegative ? (Int128)long.MaxValue + 1 : isSigned ? long.MaxValue : ulong.MaxValue;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
            if (digit >= Math.Abs(radix))
            {
                return false;
            }

            number = (number * Math.Abs(radix)) + digit;
            if (number > most)
            {
                return false;
            }
        }

        number = isNegative ? -number : number;
        return true;
    }

    private static bool TryDecode(string text, out string value)
    {
        byte[] bytes = new byte[text.Length];
        bool isBase64 = Convert.TryFromBase64String(text, bytes, out int length);
        value = isBase64 ? Encoding.UTF8.GetString(bytes, 0, length) : text;
        return isBase64;
    }

    [GeneratedRegex(@"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Float();
}
