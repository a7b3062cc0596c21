using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Http1;

/// <summary>
/// Turns the bytes of an upstream's HTTP/1.1 response heads into <see cref="ResponseHead"/>s with the strictness of <see cref="Http1RequestParser"/>:
/// an upstream is not trusted with the framing either. Interim responses (1xx) come out like others and the caller parses on; a 101 that
/// was not asked for is the caller's to refuse. Whole lines are consumed, any split of the input gives the same result.
/// </summary>
public sealed class Http1ResponseParser
{
    private readonly FieldRules _fieldRules;
    private FieldSectionReader _fields;
    private int _scanned;
    private State _state;

    /// <summary>Makes a parser.</summary>
    /// <param name="limits">Limits and choices; may be shared. HTTP/1.0 responses and underscores are always accepted.</param>
    public Http1ResponseParser(Http1Limits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _fieldRules = new FieldRules(limits.MaxHeaderBytes, limits.MaxHeaderCount, RejectUnderscores: false, IsTrailer: false);
    }

    private enum State : byte
    {
        StatusLine,
        Fields,
        Failed,
    }

    /// <summary>Why the last result was <see cref="ParseResult.Invalid"/>.</summary>
    public Http1Error Error { get; private set; }

    /// <summary>Whether it is remembered in which case the names of fields came. Envoy <c>preserve_case</c> of a cluster.</summary>
    public bool KeepsNameCase { get; set; }

    /// <summary>Whether a byte of a status line was seen since the last response.</summary>
    public bool HasStarted => _state != State.StatusLine || _scanned > 0;

    /// <summary>Parses on where the last call ended.</summary>
    /// <param name="input">What was not consumed by the last call, and more.</param>
    /// <param name="requestMethod">The method of the request that this answers: HEAD and CONNECT change what follows.</param>
    /// <param name="head">Filled bit by bit, whole with <see cref="ParseResult.Complete"/>; the same one for all calls of a response. The parser resets it.</param>
    /// <param name="consumed">How many bytes the caller is to drop; with <see cref="ParseResult.Complete"/> the body follows them.</param>
    public ParseResult Parse(ReadOnlySpan<byte> input, KnownMethod requestMethod, ResponseHead head, out int consumed)
    {
        ArgumentNullException.ThrowIfNull(head);
        consumed = 0;
        if (_state == State.StatusLine)
        {
            ParseResult result = ParseStatusLine(input, head, out consumed);
            if (result != ParseResult.Complete)
            {
                return result;
            }
        }
        else if (_state == State.Failed)
        {
            return ParseResult.Invalid;
        }

        Http1ErrorCode error = _fields.Read(input[consumed..], head.Headers, _fieldRules, out int fieldBytes, out bool isComplete);
        consumed += fieldBytes;
        if (error != Http1ErrorCode.None)
        {
            return Fail(error);
        }

        if (!isComplete)
        {
            return ParseResult.NeedMore;
        }

        error = Finish(head, requestMethod);
        if (error != Http1ErrorCode.None)
        {
            return Fail(error);
        }

        Reset();
        return ParseResult.Complete;
    }

    /// <summary>Forgets a response that was begun, and an error.</summary>
    public void Reset()
    {
        _state = State.StatusLine;
        _scanned = 0;
        Error = default;
    }

    private ParseResult ParseStatusLine(ReadOnlySpan<byte> input, ResponseHead head, out int consumed)
    {
        consumed = 0;
        ReadOnlySpan<byte> line = input;
        if (line.Length > _fieldRules.MaxBytes)
        {
            line = line[.._fieldRules.MaxBytes];
        }

        int control = line[_scanned..].IndexOfAny(HttpTokens.ControlBytesExceptTab);
        int end = control < 0 ? line.Length : _scanned + control;
        if (control < 0 || (line[end] == (byte)'\r' && end + 1 == line.Length))
        {
            _scanned = end;
            return line.Length < _fieldRules.MaxBytes ? ParseResult.NeedMore : Fail(Http1ErrorCode.HeadersTooLarge);
        }

        if (line[end] != (byte)'\r' || line[end + 1] != (byte)'\n')
        {
            return Fail(line[end] switch
            {
                (byte)'\r' => Http1ErrorCode.BareCarriageReturn,
                (byte)'\n' => Http1ErrorCode.BareLineFeed,
                _ => Http1ErrorCode.ControlCharacter,
            });
        }

        head.Reset();
        head.Headers.NameCase = KeepsNameCase ? NameCase.AsReceived : NameCase.Lower;
        Http1ErrorCode error = ReadStatusLine(line[..end], head);
        if (error != Http1ErrorCode.None)
        {
            return Fail(error);
        }

        consumed = end + 2;
        _scanned = 0;
        _state = State.Fields;
        _fields.Start(end + 2);
        return ParseResult.Complete;
    }

    // "HTTP/1.1 200 OK". The space behind the code may be missing when there is no reason, which is harmless and common.
    private static Http1ErrorCode ReadStatusLine(ReadOnlySpan<byte> line, ResponseHead head)
    {
        if (line.Length < 12 || line[8] != (byte)' ' || (line.Length > 12 && line[12] != (byte)' '))
        {
            return Http1ErrorCode.InvalidStatusLine;
        }

        ulong version = Unsafe.ReadUnaligned<ulong>(ref MemoryMarshal.GetReference(line));
        if (version == VersionWords.Http10)
        {
            head.Version = HttpVersion.Http10;
        }
        else if (version != VersionWords.Http11)
        {
            return VersionWords.IsWellFormed(line[..8]) ? Http1ErrorCode.UnsupportedVersion : Http1ErrorCode.InvalidVersion;
        }

        uint hundreds = (uint)(line[9] - '0');
        uint tens = (uint)(line[10] - '0');
        uint ones = (uint)(line[11] - '0');
        if (hundreds is 0 or > 9 || tens > 9 || ones > 9)
        {
            return Http1ErrorCode.InvalidStatusLine;
        }

        head.Status = (int)((hundreds * 100) + (tens * 10) + ones);
        return Http1ErrorCode.None;
    }

    // The order of RFC 9112 section 6.3.
    private static Http1ErrorCode Finish(ResponseHead head, KnownMethod requestMethod)
    {
        HeaderMap headers = head.Headers;
        head.IsForHead = requestMethod == KnownMethod.Head;
        Http1ErrorCode error = FramingRules.Read(headers, head.Version, out MessageFraming framing, out long contentLength);
        if (error != Http1ErrorCode.None)
        {
            return error;
        }

        // 1. Responses that never have a body, whatever they say.
        bool hasNoLength = head.IsInterim || head.Status == 204;
        if (hasNoLength && framing != MessageFraming.None)
        {
            if (contentLength != 0)
            {
                return framing == MessageFraming.Chunked ? Http1ErrorCode.TransferEncodingNotAllowed : Http1ErrorCode.ContentLengthNotAllowed;
            }

            // A length of 0 is wrong here as well, but common and without consequence: dropped, as Envoy does.
            headers.Remove(KnownHeader.ContentLength);
            contentLength = -1;
        }

        bool isTunnel = requestMethod == KnownMethod.Connect && head.Status is >= 200 and < 300;
        bool hasNoBody = hasNoLength || head.IsForHead || head.Status == 304 || isTunnel;
        head.ContentLength = contentLength;
        head.Framing = hasNoBody ? MessageFraming.None : framing == MessageFraming.None ? MessageFraming.UntilClose : framing;

        // 2. The connection.
        if (headers.Contains(KnownHeader.Connection) || head.Version == HttpVersion.Http10)
        {
            ConnectionOptions options = FramingRules.ReadConnection(headers);
            head.KeepAlive = FramingRules.Persists(head.Version, options);
            head.HasUpgrade = (options & ConnectionOptions.Upgrade) != 0 && headers.Contains(KnownHeader.Upgrade);
        }

        if (head.Framing == MessageFraming.UntilClose)
        {
            head.KeepAlive = false;
        }

        return Http1ErrorCode.None;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ParseResult Fail(Http1ErrorCode code)
    {
        _state = State.Failed;
        Error = new Http1Error(code, isUpstream: true);
        return ParseResult.Invalid;
    }
}
