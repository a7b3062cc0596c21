using System.Text;
using Tidegate.Proxy.Exchanges;

namespace Tidegate.Proxy.Telemetry.Formatting;

/// <summary>
/// A compiled format string: text with command operators (Envoy: <c>SubstitutionFormatString</c>). It serves access logs and
/// header values alike. Immutable; formatting allocates nothing.
/// </summary>
public sealed class TextFormat
{
    private readonly Piece[] _pieces;
    private readonly byte[] _missing;

    private TextFormat(Piece[] pieces, bool omitEmpty)
    {
        _pieces = pieces;
        _missing = omitEmpty ? [] : [(byte)'-'];
    }

    /// <summary>Whether it has no operator, so that it is the same for every exchange.</summary>
    public bool IsLiteral => !_pieces.Any(static piece => piece.Operator is not null);

    /// <summary>The only operator, when there is nothing else.</summary>
    internal FormatOperator? SingleOperator => _pieces is [{ Operator: { } only }] ? only : null;

    /// <summary>Compiles a format; null with what is wrong, naming the operator.</summary>
    /// <param name="format">The format.</param>
    /// <param name="omitEmpty">Whether a value that is missing is nothing rather than <c>-</c>.</param>
    /// <param name="error">What is wrong.</param>
    public static TextFormat? Compile(string format, bool omitEmpty, out string error)
    {
        List<Piece> pieces = [];
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

            OperatorCall? call = ParseOperator(format, position, out int end);
            if (call is null)
            {
                error = $"format \"{Printable(format)}\": no command operator at position {position}; write %OPERATOR% or %OPERATOR(ARGUMENT):LENGTH%, and %% for a percent sign";
                return null;
            }

            FormatOperator? compiled = FormatOperators.Compile(call, out error);
            if (compiled is null)
            {
                return null;
            }

            AddLiteral(literal, pieces);
            pieces.Add(new Piece([], compiled));
            position = end;
        }

        AddLiteral(literal, pieces);
        error = string.Empty;
        return new TextFormat([.. pieces], omitEmpty);
    }

    /// <summary>Formats an exchange. Returns the length, or -1 when it does not fit.</summary>
    public int Format(HttpExchange exchange, Span<byte> destination, ValueEscaping escaping = ValueEscaping.None)
    {
        var output = new FormatOutput(destination, escaping);
        Write(exchange, ref output);
        return output.IsFull ? -1 : output.Length;
    }

    internal void Write(HttpExchange exchange, ref FormatOutput output)
    {
        foreach (ref readonly Piece piece in _pieces.AsSpan())
        {
            if (piece.Operator is null)
            {
                output.Literal(piece.Literal);
            }
            else if (!piece.Operator.TryWrite(exchange, ref output))
            {
                output.Literal(_missing);
            }
        }
    }

    // %NAME%, %NAME(ARGUMENT)%, %NAME:LENGTH%, %NAME(ARGUMENT):LENGTH%. The argument ends at the first parenthesis that is
    // followed by the operator's end, since a time format may hold percent signs and parentheses.
    private static OperatorCall? ParseOperator(string format, int start, out int end)
    {
        int position = start + 1;
        while (position < format.Length && (char.IsAsciiLetterUpper(format[position]) || char.IsAsciiDigit(format[position]) || format[position] == '_'))
        {
            position++;
        }

        string name = format[(start + 1)..position];
        if (name.Length > 0 && TryParseEnd(format, position, out int? maxLength, out end))
        {
            return new OperatorCall(name, null, maxLength);
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
                return new OperatorCall(name, format[(position + 1)..close], maxLength);
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

            if (!int.TryParse(format.AsSpan(end + 1, digits - end - 1), System.Globalization.NumberStyles.None, null, out int length))
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

    private static void AddLiteral(StringBuilder literal, List<Piece> pieces)
    {
        if (literal.Length > 0)
        {
            pieces.Add(new Piece(Encoding.UTF8.GetBytes(literal.ToString()), null));
            literal.Clear();
        }
    }

    private static string Printable(string format) => format.ReplaceLineEndings("\\n");

    private readonly record struct Piece(byte[] Literal, FormatOperator? Operator);
}
