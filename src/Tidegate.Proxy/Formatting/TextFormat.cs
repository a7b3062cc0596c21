using System.Text;
using Tidegate.Proxy.Requests;
using Tidegate.Rules.Formats;

namespace Tidegate.Proxy.Formatting;

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
    /// <param name="isJson">Whether it stands within the quotes of a JSON string, in which the text between operators is escaped, too.</param>
    public static TextFormat? Compile(string format, bool omitEmpty, out string error, bool isJson = false)
    {
        if (FormatString.Parse(format, out error) is not { } parts)
        {
            return null;
        }

        Piece[] pieces = [.. parts.Select(part => part.Call is null ? new Piece(Literal(part.Text, isJson), null) : new Piece([], FormatOperators.Compile(part.Call)))];
        return new TextFormat(pieces, omitEmpty);
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

    private static byte[] Literal(string text, bool isJson)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (!isJson)
        {
            return bytes;
        }

        byte[] escaped = new byte[bytes.Length * Escaped.MaxGrowth];
        Escaped.TryWrite(bytes, ValueEscaping.Json, escaped, out int length);
        return escaped[..length];
    }

    private readonly record struct Piece(byte[] Literal, FormatOperator? Operator);
}
