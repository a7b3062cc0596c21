using System.Runtime.CompilerServices;
using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Http1;

/// <summary>
/// Reads the field lines of a head or of a trailer section up to the empty line (RFC 9112 section 5). One scan finds the end of the name and
/// one the end of the value, each of them being the check as well. Between calls it remembers how far the unfinished line was scanned, so that input byte
/// by byte costs no more than input at once. It never looks at a byte behind the limit, so that any split of the input gives the same error.
/// </summary>
internal struct FieldSectionReader
{
    private int _scanned;
    private int _nameLength;
    private int _bytes;
    private int _count;

    /// <summary>Fields that were dropped because of an underscore in their name.</summary>
    public int DroppedCount { get; private set; }

    /// <summary>Begins a section of which so many bytes of the limit are used already.</summary>
    public void Start(int bytes)
    {
        _scanned = 0;
        _nameLength = -1;
        _bytes = bytes;
        _count = 0;
        DroppedCount = 0;
    }

    /// <summary>Reads all lines that are whole.</summary>
    /// <param name="input">What was not consumed before, and more.</param>
    /// <param name="headers">Where the fields go; null checks and drops them.</param>
    /// <param name="rules">Limits, and what else to look at.</param>
    /// <param name="consumed">The length of the lines that were read.</param>
    /// <param name="isComplete">Whether the empty line was read.</param>
    /// <returns>Why the section is refused, or none.</returns>
    public Http1ErrorCode Read(ReadOnlySpan<byte> input, HeaderMap? headers, in FieldRules rules, out int consumed, out bool isComplete)
    {
        int budget = rules.MaxBytes - _bytes;
        if (input.Length > budget)
        {
            input = input[..budget];
        }

        isComplete = false;
        int position = 0;
        while (true)
        {
            ReadOnlySpan<byte> line = input[position..];

            // 1. The name, up to the colon.
            int nameLength = _nameLength;
            int scanned = _scanned;
            if (nameLength < 0)
            {
                int other = line[scanned..].IndexOfAnyExcept(HttpTokens.TokenBytes);
                if (other < 0)
                {
                    _scanned = line.Length;
                    break;
                }

                nameLength = scanned + other;
                if (line[nameLength] != (byte)':' || nameLength == 0)
                {
                    Http1ErrorCode error = EndOrError(line, nameLength, out bool needMore);
                    if (needMore)
                    {
                        _scanned = nameLength;
                        break;
                    }

                    isComplete = error == Http1ErrorCode.None;
                    consumed = position + (isComplete ? 2 : 0);
                    return error;
                }

                scanned = nameLength + 1;
            }

            // 2. The value, up to the first control character: it has to be the CR of the line end.
            int control = line[scanned..].IndexOfAny(HttpTokens.ControlBytesExceptTab);
            int end = control < 0 ? line.Length : scanned + control;
            if (control < 0 || (line[end] == (byte)'\r' && end + 1 == line.Length))
            {
                _nameLength = nameLength;
                _scanned = end;
                break;
            }

            if (line[end] != (byte)'\r' || line[end + 1] != (byte)'\n')
            {
                consumed = position;
                return ErrorInValue(line[end]);
            }

            // 3. A whole line.
            _nameLength = -1;
            _scanned = 0;
            position += end + 2;
            if (++_count > rules.MaxCount)
            {
                consumed = position;
                return rules.IsTrailer ? Http1ErrorCode.TooManyTrailers : Http1ErrorCode.TooManyHeaders;
            }

            ReadOnlySpan<byte> name = line[..nameLength];
            if (rules.RejectUnderscores && name.Contains((byte)'_'))
            {
                consumed = position;
                return Http1ErrorCode.UnderscoreInFieldName;
            }

            if (rules.DropUnderscores && name.Contains((byte)'_'))
            {
                DroppedCount++;
                continue;
            }

            if (headers is not null && (!rules.IsTrailer || TrailerFields.IsAllowed(name)))
            {
                headers.AddValid(name, Trim(line[(nameLength + 1)..end]));
            }
        }

        consumed = position;
        _bytes += position;
        return input.Length < budget ? Http1ErrorCode.None : rules.IsTrailer ? Http1ErrorCode.TrailersTooLarge : Http1ErrorCode.HeadersTooLarge;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value)
    {
        // Nearly always: one space in front, none behind.
        if (value.Length > 1 && value[0] == (byte)' ')
        {
            value = value[1..];
        }

        return value.IsEmpty || (value[0] > (byte)' ' && value[^1] > (byte)' ') ? value : HttpTokens.TrimWhiteSpace(value);
    }

    // The line does not start with a name and a colon: it is the empty one, or wrong.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Http1ErrorCode EndOrError(ReadOnlySpan<byte> line, int nameLength, out bool needMore)
    {
        needMore = false;
        byte found = line[nameLength];
        if (found == (byte)'\r')
        {
            if (line.Length == nameLength + 1)
            {
                needMore = true;
                return Http1ErrorCode.None;
            }

            return line[nameLength + 1] != (byte)'\n' ? Http1ErrorCode.BareCarriageReturn
                : nameLength == 0 ? Http1ErrorCode.None
                : Http1ErrorCode.InvalidFieldName;
        }

        return found switch
        {
            (byte)'\n' => Http1ErrorCode.BareLineFeed,
            (byte)' ' or (byte)'\t' => nameLength == 0 ? Http1ErrorCode.ObsoleteFolding : Http1ErrorCode.WhiteSpaceBeforeColon,
            _ => Http1ErrorCode.InvalidFieldName,
        };
    }

    private static Http1ErrorCode ErrorInValue(byte found) => found switch
    {
        (byte)'\r' => Http1ErrorCode.BareCarriageReturn,
        (byte)'\n' => Http1ErrorCode.BareLineFeed,
        _ => Http1ErrorCode.InvalidFieldValue,
    };
}

/// <summary>What a field section has to keep to.</summary>
/// <param name="MaxBytes">Bytes on the wire, the empty line included.</param>
/// <param name="MaxCount">Field lines.</param>
/// <param name="RejectUnderscores">Whether a name with an underscore is refused.</param>
/// <param name="IsTrailer">Whether it is a trailer section, where not every field may stand.</param>
/// <param name="DropUnderscores">Whether a field with an underscore in its name is passed over.</param>
internal readonly record struct FieldRules(int MaxBytes, int MaxCount, bool RejectUnderscores, bool IsTrailer, bool DropUnderscores = false);
