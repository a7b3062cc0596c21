using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Http1;

/// <summary>
/// Finds the body in the bytes behind a head, without copying them, and the end of the message (RFC 9112 sections 6 and 7). Sans-IO like the parsers: any split of
/// the input gives the same bytes and the same end or error. Chunk extensions are dropped. It never consumes a byte behind the message.
/// A mutable struct: keep it in a field, do not copy it while a body runs.
/// </summary>
public struct Http1BodyReader
{
    private long _remaining;
    private HeaderMap? _trailers;
    private Http1Limits? _limits;
    private FieldSectionReader _fields;
    private int _lineBytes;
    private int _extensionBytes;
    private State _state;
    private Http1ErrorCode _error;
    private bool _isUpstream;

    private enum State : byte
    {
        Complete,
        FixedLength,
        UntilClose,
        ChunkSizeStart,
        ChunkSize,
        ChunkWhiteSpace,
        ChunkExtension,
        ChunkLineEnd,
        ChunkData,
        ChunkDataCr,
        ChunkDataLf,
        Trailers,
        Failed,
    }

    /// <summary>Whether the message has ended: nothing more of it is to be read. May be true right after the last <see cref="BodyResult.Data"/>.</summary>
    public readonly bool IsComplete => _state == State.Complete;

    /// <summary>Whether the end of the connection ends the body: then only is it no cut-off message.</summary>
    public readonly bool IsUntilClose => _state == State.UntilClose;

    /// <summary>Why the last result was <see cref="BodyResult.Invalid"/>.</summary>
    public readonly Http1Error Error => new(_error, _isUpstream);

    /// <summary>Begins the body of a message.</summary>
    /// <param name="framing">As the head says.</param>
    /// <param name="contentLength">Bytes of the body; used with <see cref="MessageFraming.ContentLength"/> only.</param>
    /// <param name="limits">Limits of chunk lines and trailers.</param>
    /// <param name="trailers">Where allowed trailer fields are added (<see cref="TrailerFields"/>); null checks and drops them, which is Envoy's default.</param>
    /// <param name="isUpstream">Whether it is a response, for <see cref="Error"/>.</param>
    public void Start(MessageFraming framing, long contentLength, Http1Limits limits, HeaderMap? trailers, bool isUpstream = false)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _limits = limits;
        _trailers = trailers;
        _isUpstream = isUpstream;
        _error = Http1ErrorCode.None;
        _remaining = 0;
        _lineBytes = 0;
        _extensionBytes = 0;
        switch (framing)
        {
            case MessageFraming.ContentLength:
                ArgumentOutOfRangeException.ThrowIfNegative(contentLength);
                _remaining = contentLength;
                _state = contentLength == 0 ? State.Complete : State.FixedLength;
                break;
            case MessageFraming.Chunked:
                _state = State.ChunkSizeStart;
                break;
            case MessageFraming.UntilClose:
                _state = State.UntilClose;
                break;
            default:
                _state = State.Complete;
                break;
        }
    }

    /// <summary>Reads on where the last call ended.</summary>
    /// <param name="input">What was not consumed by the last call, and more.</param>
    /// <param name="consumed">How many bytes the caller is to drop, those of the body and those of the framing. All of them, unless a trailer line is unfinished.</param>
    /// <param name="dataOffset">With <see cref="BodyResult.Data"/>, where in the input the body's bytes start.</param>
    /// <param name="dataLength">With <see cref="BodyResult.Data"/>, how many there are; else 0.</param>
    public BodyResult Read(ReadOnlySpan<byte> input, out int consumed, out int dataOffset, out int dataLength)
    {
        consumed = 0;
        dataOffset = 0;
        dataLength = 0;
        switch (_state)
        {
            case State.Complete:
                return BodyResult.Complete;
            case State.FixedLength:
                if (input.IsEmpty)
                {
                    return BodyResult.NeedMore;
                }

                dataLength = consumed = (int)Math.Min(input.Length, _remaining);
                _remaining -= dataLength;
                if (_remaining == 0)
                {
                    _state = State.Complete;
                }

                return BodyResult.Data;
            case State.UntilClose:
                dataLength = consumed = input.Length;
                return input.IsEmpty ? BodyResult.NeedMore : BodyResult.Data;
            case State.Failed:
                return BodyResult.Invalid;
            default:
                return ReadChunked(input, out consumed, out dataOffset, out dataLength);
        }
    }

    // One piece of data at most; the framing behind it is read along, so that a short message takes one call. An error there waits for the next call.
    private BodyResult ReadChunked(ReadOnlySpan<byte> input, out int consumed, out int dataOffset, out int dataLength)
    {
        int position = 0;
        dataOffset = 0;
        dataLength = 0;
        while (position < input.Length)
        {
            if (_state == State.ChunkData)
            {
                if (dataLength > 0)
                {
                    break;
                }

                dataOffset = position;
                dataLength = (int)Math.Min(input.Length - position, _remaining);
                position += dataLength;
                _remaining -= dataLength;
                if (_remaining == 0)
                {
                    _state = State.ChunkDataCr;
                }
            }
            else if (_state == State.Trailers)
            {
                ReadTrailers(input[position..], out int trailerBytes);
                position += trailerBytes;
                break;
            }
            else if (_state == State.ChunkExtension)
            {
                ReadExtension(input, ref position);
            }
            else
            {
                ReadFramingByte(input[position]);
                position += _state == State.Failed ? 0 : 1;
            }

            if (_state is State.Failed or State.Complete)
            {
                break;
            }
        }

        consumed = position;
        return dataLength > 0 ? BodyResult.Data
            : _state == State.Complete ? BodyResult.Complete
            : _state == State.Failed ? BodyResult.Invalid
            : BodyResult.NeedMore;
    }

    private void ReadFramingByte(byte value)
    {
        switch (_state)
        {
            case State.ChunkSizeStart:
            case State.ChunkSize:
                ReadSizeByte(value);
                break;
            case State.ChunkWhiteSpace:
                // White space behind the size is bad, and allowed before an extension only (BWS, RFC 9112 section 7.1.1).
                if (value == (byte)';')
                {
                    BeginExtension();
                }
                else if (value is not ((byte)' ' or (byte)'\t'))
                {
                    Fail(value == (byte)'\n' ? Http1ErrorCode.BareLineFeed : Http1ErrorCode.InvalidChunkExtension);
                }
                else if (++_lineBytes > _limits!.MaxChunkLineBytes)
                {
                    Fail(Http1ErrorCode.ChunkLineTooLong);
                }

                break;
            case State.ChunkLineEnd:
                if (value != (byte)'\n')
                {
                    Fail(Http1ErrorCode.BareCarriageReturn);
                }
                else if (_remaining > 0)
                {
                    _state = State.ChunkData;
                }
                else
                {
                    _state = State.Trailers;
                    _fields.Start(0);
                }

                break;
            case State.ChunkDataCr:
                Expect(value, (byte)'\r', State.ChunkDataLf, value == (byte)'\n' ? Http1ErrorCode.BareLineFeed : Http1ErrorCode.MissingChunkEnd);
                break;
            default:
                Expect(value, (byte)'\n', State.ChunkSizeStart, Http1ErrorCode.BareCarriageReturn);
                _lineBytes = 0;
                break;
        }
    }

    private void ReadSizeByte(byte value)
    {
        int digit = HexDigits.ValueOf(value);
        if (digit >= 0)
        {
            if (_remaining > long.MaxValue >> 4)
            {
                Fail(Http1ErrorCode.ChunkSizeOverflow);
                return;
            }

            if (++_lineBytes > _limits!.MaxChunkLineBytes)
            {
                Fail(Http1ErrorCode.ChunkLineTooLong);
                return;
            }

            _remaining = (_remaining << 4) | (uint)digit;
            _state = State.ChunkSize;
            return;
        }

        if (_state == State.ChunkSizeStart)
        {
            Fail(value == (byte)'\n' ? Http1ErrorCode.BareLineFeed : Http1ErrorCode.InvalidChunkSize);
            return;
        }

        switch (value)
        {
            case (byte)'\r':
                _state = State.ChunkLineEnd;
                break;
            case (byte)';':
                BeginExtension();
                break;
            case (byte)' ':
            case (byte)'\t':
                _lineBytes++;
                _state = State.ChunkWhiteSpace;
                break;
            default:
                Fail(value == (byte)'\n' ? Http1ErrorCode.BareLineFeed : Http1ErrorCode.InvalidChunkSize);
                break;
        }
    }

    private void BeginExtension()
    {
        _lineBytes++;
        _extensionBytes++;
        _state = State.ChunkExtension;
    }

    // Up to the CR. Also in a quoted string no CR or LF is allowed (CVE-2025-55315). No byte behind a limit is looked at.
    private void ReadExtension(ReadOnlySpan<byte> input, ref int position)
    {
        int lineLeft = _limits!.MaxChunkLineBytes - _lineBytes;
        int messageLeft = _limits.MaxChunkExtensionBytesPerMessage - _extensionBytes;
        int allowed = Math.Min(lineLeft, messageLeft);
        Http1ErrorCode tooLong = lineLeft <= messageLeft ? Http1ErrorCode.ChunkLineTooLong : Http1ErrorCode.ChunkExtensionsTooLong;
        if (allowed < 0)
        {
            Fail(tooLong);
            return;
        }

        ReadOnlySpan<byte> rest = input[position..];
        ReadOnlySpan<byte> view = rest.Length > allowed + 1 ? rest[..(allowed + 1)] : rest;
        int control = view.IndexOfAny(HttpTokens.ControlBytesExceptTab);
        int length = control < 0 ? view.Length : control;
        if (length > allowed)
        {
            Fail(tooLong);
            return;
        }

        _lineBytes += length;
        _extensionBytes += length;
        position += length;
        if (control < 0)
        {
            return;
        }

        if (view[control] == (byte)'\r')
        {
            _state = State.ChunkLineEnd;
            position++;
        }
        else
        {
            Fail(view[control] == (byte)'\n' ? Http1ErrorCode.BareLineFeed : Http1ErrorCode.InvalidChunkExtension);
        }
    }

    private void ReadTrailers(ReadOnlySpan<byte> input, out int consumed)
    {
        FieldRules rules = new(_limits!.MaxTrailerBytes, _limits.MaxTrailerCount, RejectUnderscores: false, IsTrailer: true);
        Http1ErrorCode error = _fields.Read(input, _trailers, rules, out consumed, out bool isComplete);
        if (error != Http1ErrorCode.None)
        {
            Fail(error);
        }
        else if (isComplete)
        {
            _state = State.Complete;
        }
    }

    private void Expect(byte value, byte expected, State next, Http1ErrorCode error)
    {
        if (value == expected)
        {
            _state = next;
        }
        else
        {
            Fail(error);
        }
    }

    private void Fail(Http1ErrorCode error)
    {
        _state = State.Failed;
        _error = error;
    }
}
