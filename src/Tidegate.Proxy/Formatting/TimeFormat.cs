using System.Globalization;
using System.Text;

namespace Tidegate.Proxy.Formatting;

/// <summary>
/// A compiled time format: what <c>strftime</c> has, with the additions of Envoy (<c>%E3S</c>, <c>%3f</c>, <c>%s</c>, ...).
/// </summary>
internal sealed class TimeFormat
{
    /// <summary>The format of <c>%START_TIME%</c> without an argument: <c>2006-01-02T15:04:05.000Z</c>.</summary>
    public static readonly TimeFormat Default = new([
        new Piece('Y'), Piece.Text("-"), new Piece('m'), Piece.Text("-"), new Piece('d'), Piece.Text("T"),
        new Piece('H'), Piece.Text(":"), new Piece('M'), Piece.Text(":"), new Piece('S'), Piece.Text("."), new Piece('f', 3), Piece.Text("Z")]);

    private static readonly string[] Days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    private static readonly string[] Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    private readonly Piece[] _pieces;

    private TimeFormat(IEnumerable<Piece> pieces) => _pieces = [.. pieces];

    /// <summary>Compiles a format. What is no specifier stands for itself.</summary>
    public static TimeFormat Compile(string format)
    {
        List<Piece> pieces = [];
        for (int i = 0; i < format.Length; i++)
        {
            int start = i;
            if (format[i] != '%')
            {
                while (i + 1 < format.Length && format[i + 1] != '%')
                {
                    i++;
                }

                pieces.Add(Piece.Text(format[start..(i + 1)]));
                continue;
            }

            int digits = -1;
            bool isExtended = i + 1 < format.Length && format[i + 1] == 'E';
            i += isExtended ? 2 : 1;
            if (i < format.Length && (char.IsAsciiDigit(format[i]) || (isExtended && format[i] == '*')))
            {
                digits = format[i] == '*' ? 7 : format[i] - '0';
                i++;
            }

            if (i == format.Length || !TryAdd(format[i], digits, isExtended, pieces))
            {
                i = Math.Min(i, format.Length - 1);
                pieces.Add(Piece.Text(format[start..(i + 1)]));
            }
        }

        return new TimeFormat(pieces);
    }

    /// <summary>Writes a time.</summary>
    public void Write(DateTime utc, bool isLocal, ref FormatOutput output)
    {
        TimeSpan offset = isLocal ? TimeZoneInfo.Local.GetUtcOffset(utc) : TimeSpan.Zero;
        DateTime time = utc + offset;
        foreach (Piece piece in _pieces)
        {
            switch (piece.Kind)
            {
                case 't': output.Literal(piece.Bytes); break;
                case 'Y': Digits(time.Year, 4, ref output); break;
                case 'y': Digits(time.Year % 100, 2, ref output); break;
                case 'm': Digits(time.Month, 2, ref output); break;
                case 'd': Digits(time.Day, 2, ref output); break;
                case 'e': Padded(time.Day, ref output); break;
                case 'j': Digits(time.DayOfYear, 3, ref output); break;
                case 'H': Digits(time.Hour, 2, ref output); break;
                case 'I': Digits(((time.Hour + 11) % 12) + 1, 2, ref output); break;
                case 'M': Digits(time.Minute, 2, ref output); break;
                case 'S': Digits(time.Second, 2, ref output); break;
                case 'p': output.Literal(time.Hour < 12 ? "AM"u8 : "PM"u8); break;
                case 'A': output.Value(Days[(int)time.DayOfWeek]); break;
                case 'a': output.Value(Days[(int)time.DayOfWeek], 3); break;
                case 'B': output.Value(Months[time.Month - 1]); break;
                case 'b': output.Value(Months[time.Month - 1], 3); break;
                case 's': output.Number((utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond); break;
                case 'f': Fraction(time.Ticks % TimeSpan.TicksPerSecond, piece.Digits, ref output); break;
                case 'u': output.Number(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek); break;
                case 'w': output.Number((int)time.DayOfWeek); break;
                case 'U': Digits((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2, ref output); break;
                case 'W': Digits((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7, 2, ref output); break;
                case 'V': Digits(ISOWeek.GetWeekOfYear(time), 2, ref output); break;
                case 'G': Digits(ISOWeek.GetYear(time), 4, ref output); break;
                case 'g': Digits(ISOWeek.GetYear(time) % 100, 2, ref output); break;
                case 'C': Digits(time.Year / 100, 2, ref output); break;
                case 'k': Padded(time.Hour, ref output); break;
                case 'l': Padded(((time.Hour + 11) % 12) + 1, ref output); break;
                case 'z': Offset(offset, ""u8, ref output); break;
                case 'Z' when !isLocal: output.Literal("UTC"u8); break;
                default: Offset(offset, ":"u8, ref output); break;
            }
        }
    }

    private static bool TryAdd(char specifier, int digits, bool isExtended, List<Piece> pieces)
    {
        if (specifier == 'f' && !isExtended && digits != 0)
        {
            pieces.Add(new Piece('f', digits < 0 ? 9 : digits));
            return true;
        }

        if (isExtended)
        {
            switch (specifier)
            {
                case 'S' when digits >= 0:
                    pieces.Add(new Piece('S'));
                    if (digits > 0)
                    {
                        pieces.Add(Piece.Text("."));
                        pieces.Add(new Piece('f', digits));
                    }

                    return true;
                case 'z' when digits < 0:
                    pieces.Add(new Piece(':'));
                    return true;
                default:
                    return false;
            }
        }

        if (digits >= 0)
        {
            return false;
        }

        switch (specifier)
        {
            case 'Y' or 'y' or 'm' or 'd' or 'e' or 'j' or 'H' or 'I' or 'M' or 'S' or 'p' or 'A' or 'a' or 'B' or 'b' or 's' or 'z' or 'Z'
                or 'u' or 'w' or 'U' or 'W' or 'V' or 'G' or 'g' or 'C' or 'k' or 'l':
                pieces.Add(new Piece(specifier));
                return true;
            case 'c':
                AddAll("a b e T Y", pieces);
                return true;
            case 'x':
                return TryAdd('D', -1, false, pieces);
            case 'X':
                return TryAdd('T', -1, false, pieces);
            case 'r':
                AddAll("I:M:S p", pieces);
                return true;
            case 'n':
                pieces.Add(Piece.Text("\n"));
                return true;
            case 't':
                pieces.Add(Piece.Text("\t"));
                return true;
            case 'h':
                pieces.Add(new Piece('b'));
                return true;
            case 'F':
                AddAll("Y-m-d", pieces);
                return true;
            case 'T':
                AddAll("H:M:S", pieces);
                return true;
            case 'R':
                AddAll("H:M", pieces);
                return true;
            case 'D':
                AddAll("m/d/y", pieces);
                return true;
            case '%':
                pieces.Add(Piece.Text("%"));
                return true;
            default:
                return false;
        }
    }

    // Letters are specifiers, anything else is text.
    private static void AddAll(string format, List<Piece> pieces)
    {
        foreach (char c in format)
        {
            if (!char.IsAsciiLetter(c) || !TryAdd(c, -1, false, pieces))
            {
                pieces.Add(Piece.Text(c.ToString()));
            }
        }
    }

    private static void Digits(int value, int count, ref FormatOutput output)
    {
        Span<byte> digits = stackalloc byte[count];
        for (int i = count - 1; i >= 0; i--, value /= 10)
        {
            digits[i] = (byte)('0' + (value % 10));
        }

        output.Literal(digits);
    }

    private static void Padded(int value, ref FormatOutput output)
    {
        if (value < 10)
        {
            output.Literal(" "u8);
        }

        output.Number(value);
    }

    // A tick is 100 ns: the eighth and ninth digit are always 0.
    private static void Fraction(long ticks, int count, ref FormatOutput output)
    {
        Span<byte> digits = stackalloc byte[9];
        digits[7..].Fill((byte)'0');
        for (int i = 6; i >= 0; i--, ticks /= 10)
        {
            digits[i] = (byte)('0' + (ticks % 10));
        }

        output.Literal(digits[..count]);
    }

    private static void Offset(TimeSpan offset, ReadOnlySpan<byte> separator, ref FormatOutput output)
    {
        output.Literal(offset < TimeSpan.Zero ? "-"u8 : "+"u8);
        Digits(Math.Abs(offset.Hours), 2, ref output);
        output.Literal(separator);
        Digits(Math.Abs(offset.Minutes), 2, ref output);
    }

    /// <summary>A specifier, or <c>t</c> for text between.</summary>
    private readonly record struct Piece(char Kind, int Digits = 0, byte[]? Bytes = null)
    {
        public static Piece Text(string text) => new('t', 0, Encoding.UTF8.GetBytes(text));
    }
}
