using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Http1;

/// <summary>
/// Turns the bytes of HTTP/1.1 request heads into <see cref="RequestHead"/>s, strictly after RFC 9112: what could be read in two ways is refused. Sans-IO: bytes in,
/// results out. It consumes whole lines as it goes, keeps no bytes of its own, and any split of the input gives the same result. After
/// <see cref="ParseResult.Complete"/> it is ready for the next request; the body between the two is <see cref="Http1BodyReader"/>'s.
/// </summary>
public sealed class Http1RequestParser
{
    private readonly Http1Limits _limits;
    private readonly FieldRules _fieldRules;
    private readonly byte[] _defaultHost;
    private readonly int _lineLimit;
    private FieldSectionReader _fields;
    private int _scanned;
    private State _state;
    private bool _sawEmptyLine;
    private bool _targetHasAuthority;

    /// <summary>Makes a parser.</summary>
    /// <param name="limits">Limits and choices; may be shared.</param>
    public Http1RequestParser(Http1Limits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _limits = limits;
        _lineLimit = limits.MaxRequestLineBytes < limits.MaxHeaderBytes - 2 ? limits.MaxRequestLineBytes + 2 : limits.MaxHeaderBytes;
        _defaultHost = Encoding.ASCII.GetBytes(limits.DefaultHostForHttp10);
        _fieldRules = new FieldRules(limits.MaxHeaderBytes, limits.MaxHeaderCount, limits.RejectUnderscoreHeaders, IsTrailer: false, limits.DropUnderscoreHeaders);
    }

    private enum State : byte
    {
        RequestLine,
        Fields,
        Failed,
    }

    /// <summary>Why the last result was <see cref="ParseResult.Invalid"/>.</summary>
    public Http1Error Error { get; private set; }

    /// <summary>Fields of the last request that were dropped because of an underscore in their name.</summary>
    public int DroppedFieldCount => _fields.DroppedCount;

    /// <summary>Whether a byte of a request line was seen since the last request: then the connection is no longer idle. An empty line before it does not count.</summary>
    public bool HasStarted => _state != State.RequestLine || _scanned > 0;

    /// <summary>Parses on where the last call ended.</summary>
    /// <param name="input">What was not consumed by the last call, and more.</param>
    /// <param name="head">Filled bit by bit, whole with <see cref="ParseResult.Complete"/>; the same one for all calls of a request. The parser resets it.</param>
    /// <param name="consumed">How many bytes the caller is to drop; with <see cref="ParseResult.Complete"/> the body follows them.</param>
    public ParseResult Parse(ReadOnlySpan<byte> input, RequestHead head, out int consumed)
    {
        ArgumentNullException.ThrowIfNull(head);
        consumed = 0;
        if (_state == State.RequestLine)
        {
            ParseResult result = ParseRequestLine(input, head, out consumed);
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

        error = Finish(head);
        if (error != Http1ErrorCode.None)
        {
            return Fail(error);
        }

        Reset();
        return ParseResult.Complete;
    }

    /// <summary>Forgets a request that was begun, and an error.</summary>
    public void Reset()
    {
        _state = State.RequestLine;
        _scanned = 0;
        _sawEmptyLine = false;
        _targetHasAuthority = false;
        Error = default;
    }

    private ParseResult ParseRequestLine(ReadOnlySpan<byte> input, RequestHead head, out int consumed)
    {
        consumed = 0;

        // 1. One empty line may precede it (RFC 9112 section 2.2).
        if (_scanned == 0 && !input.IsEmpty && input[0] == (byte)'\r')
        {
            if (_sawEmptyLine)
            {
                return Fail(Http1ErrorCode.EmptyLineBeforeRequest);
            }

            if (input.Length == 1)
            {
                return ParseResult.NeedMore;
            }

            if (input[1] != (byte)'\n')
            {
                return Fail(Http1ErrorCode.BareCarriageReturn);
            }

            _sawEmptyLine = true;
            consumed = 2;
            if (input.Length > 2 && input[2] == (byte)'\r')
            {
                return Fail(Http1ErrorCode.EmptyLineBeforeRequest);
            }
        }

        // 2. Up to the first control character: it has to be the CR of the line end. No byte behind the limit is looked at.
        ReadOnlySpan<byte> line = input[consumed..];
        if (line.Length > _lineLimit)
        {
            line = line[.._lineLimit];
        }

        int control = line[_scanned..].IndexOfAny(HttpTokens.ControlBytesExceptTab);
        int end = control < 0 ? line.Length : _scanned + control;
        if (control < 0 || (line[end] == (byte)'\r' && end + 1 == line.Length))
        {
            _scanned = end;
            return line.Length < _lineLimit ? ParseResult.NeedMore
                : !line.Contains((byte)' ') ? Fail(Http1ErrorCode.MethodTooLong)
                : Fail(_lineLimit == _limits.MaxHeaderBytes ? Http1ErrorCode.HeadersTooLarge : Http1ErrorCode.RequestLineTooLong);
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

        // 3. Method, target and version.
        head.Reset();
        head.Headers.NameCase = _limits.KeepsNameCase ? NameCase.AsReceived : NameCase.Lower;
        Http1ErrorCode error = ReadRequestLine(line[..end], head);
        if (error != Http1ErrorCode.None)
        {
            return Fail(error);
        }

        consumed += end + 2;
        _scanned = 0;
        _state = State.Fields;
        _fields.Start(end + 2);
        return ParseResult.Complete;
    }

    private Http1ErrorCode ReadRequestLine(ReadOnlySpan<byte> line, RequestHead head)
    {
        const int VersionLength = 8;
        int methodLength = line.IndexOf((byte)' ');
        int targetLength = line.Length - methodLength - 2 - VersionLength;
        if (methodLength <= 0 || targetLength <= 0 || line[^(VersionLength + 1)] != (byte)' ')
        {
            return RequestLineErrors.Classify(line);
        }

        ReadOnlySpan<byte> target = line.Slice(methodLength + 1, targetLength);
        ulong version = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref MemoryMarshal.GetReference(line), line.Length - VersionLength));
        if (version == VersionWords.Http10)
        {
            head.Version = HttpVersion.Http10;
        }
        else if (version != VersionWords.Http11)
        {
            return RequestLineErrors.Classify(line);
        }

        if (target.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E) || !head.SetMethod(line[..methodLength]))
        {
            return RequestLineErrors.Classify(line);
        }

        return head.Method == KnownMethod.Other && !_limits.AcceptCustomMethods && !KnownMethods.IsRegistered(head.MethodName)
            ? Http1ErrorCode.InvalidMethod
            : RequestTarget.Read(target, head, out _targetHasAuthority);
    }

    // What the fields mean, when all of them are there.
    private Http1ErrorCode Finish(RequestHead head)
    {
        HeaderMap headers = head.Headers;
        if (head.Version == HttpVersion.Http10 && !_limits.AcceptHttp10)
        {
            return Http1ErrorCode.LowVersion;
        }

        // 1. Host: exactly one, valid also when the target names another authority (RFC 9112 section 3.2).
        if (headers.TryGet(KnownHeader.Host, out ReadOnlySpan<byte> host))
        {
            if (headers.CountOf(KnownHeader.Host) > 1)
            {
                return Http1ErrorCode.DuplicateHost;
            }

            // Where the target has named another, it may be empty (RFC 9112, sections 3.2 and 3.2.2).
            if (!Authority.IsValid(host) && !(host.IsEmpty && _targetHasAuthority))
            {
                return Http1ErrorCode.InvalidHost;
            }

            if (!_targetHasAuthority)
            {
                head.SetValidAuthority(host);
            }

            head.HostCapitals = headers.CapitalsOf(KnownHeader.Host);
            headers.Remove(KnownHeader.Host);
        }
        else if (head.Version != HttpVersion.Http10 || _defaultHost.Length == 0)
        {
            return Http1ErrorCode.MissingHost;
        }
        else if (!_targetHasAuthority && !head.SetAuthority(_defaultHost))
        {
            return Http1ErrorCode.InvalidHost;
        }

        // 2. The end of the body.
        Http1ErrorCode error = FramingRules.Read(headers, head.Version, out MessageFraming framing, out long contentLength);
        if (error != Http1ErrorCode.None)
        {
            return error;
        }

        if (head.Method == KnownMethod.Connect && framing != MessageFraming.None)
        {
            if (contentLength != 0)
            {
                return Http1ErrorCode.ConnectWithBody;
            }

            framing = MessageFraming.None;
            contentLength = -1;
        }

        head.Framing = framing;
        head.ContentLength = contentLength;
        head.IsEnd = framing == MessageFraming.None || contentLength == 0;

        // 3. The connection.
        if (headers.Contains(KnownHeader.Connection) || head.Version == HttpVersion.Http10)
        {
            ConnectionOptions options = FramingRules.ReadConnection(headers);
            head.KeepAlive = FramingRules.Persists(head.Version, options);
            if ((options & ConnectionOptions.Upgrade) != 0 && headers.Contains(KnownHeader.Upgrade) && head.Version != HttpVersion.Http10)
            {
                head.HasUpgrade = !UpgradeField.RemoveHttp2(headers);
            }
        }

        if (headers.Contains(KnownHeader.Expect) && head.Version != HttpVersion.Http10)
        {
            head.ExpectsContinue = framing != MessageFraming.None && contentLength != 0
                && headers.TryGet(KnownHeader.Expect, out ReadOnlySpan<byte> expect) && HttpTokens.EqualsIgnoreCase(expect, "100-continue"u8);
        }

        return Http1ErrorCode.None;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ParseResult Fail(Http1ErrorCode code)
    {
        _state = State.Failed;
        Error = new Http1Error(code);
        return ParseResult.Invalid;
    }
}
