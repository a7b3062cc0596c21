using System.Buffers;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Hpack;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Http2.Messages;

/// <summary>
/// Makes a request's fields a <see cref="RequestHead"/>, by RFC 9113 section 8.3.1 and RFC 8441 section 4. The first fault counts; what follows it is passed over, because decoding
/// has to go on to the end of the block.
/// </summary>
internal struct RequestFields : IFieldSink
{
    private static readonly SearchValues<byte> PathBytesThatAreForbidden = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 127]);

    private static readonly SearchValues<byte> SchemeBytes = SearchValues.Create("+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private readonly RequestHead _head;
    private readonly Http2Limits _limits;
    private readonly CookieCrumbs _cookies;
    private FieldBudget _budget;
    private int _seen; // a bit for each pseudo-header field
    private bool _sawField;
    private bool _sawHost;
    private long _contentLength = -1;
    private Http2Fault _fault;

    public RequestFields(RequestHead head, Http2Limits limits, CookieCrumbs cookies)
    {
        _head = head;
        _limits = limits;
        _cookies = cookies;
        _budget = new FieldBudget(limits);
        head.Reset();
        head.Version = HttpVersion.Http2;
        cookies.Start();
    }

    /// <summary>Fields that were dropped because of an underscore in their name.</summary>
    public int DroppedCount { get; private set; }

    /// <inheritdoc/>
    public void OnField(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (_fault != Http2Fault.None)
        {
            return;
        }

        _fault = _budget.Add(name.Length, value.Length);
        if (_fault == Http2Fault.None)
        {
            _fault = known == KnownHeader.None && !name.IsEmpty && name[0] == (byte)':' ? TakePseudo(name, value) : Take(known, name, value);
        }
    }

    /// <summary>The block is whole: checks what all fields mean together, and sets the body's framing.</summary>
    /// <param name="isEnd">Whether the request ends with its head.</param>
    /// <returns>Why the request is malformed, or none.</returns>
    public Http2Fault Finish(bool isEnd)
    {
        if (_fault != Http2Fault.None)
        {
            return _fault;
        }

        _cookies.Finish(_head.Headers);
        Http2Fault fault = CheckTarget();
        if (fault != Http2Fault.None)
        {
            return fault;
        }

        if (isEnd && _contentLength > 0)
        {
            return Http2Fault.MessagingViolation;
        }

        _head.ContentLength = _contentLength;
        _head.IsEnd = isEnd;
        _head.Framing = _contentLength >= 0 ? MessageFraming.ContentLength : isEnd ? MessageFraming.None : MessageFraming.Chunked;
        _head.ExpectsContinue = !isEnd && _contentLength != 0
            && _head.Headers.TryGet(KnownHeader.Expect, out ReadOnlySpan<byte> expect) && HttpTokens.EqualsIgnoreCase(expect, "100-continue"u8);
        return Http2Fault.None;
    }

    private Http2Fault TakePseudo(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        PseudoField field = name.Length switch
        {
            5 when name.SequenceEqual(":path"u8) => PseudoField.Path,
            7 when name.SequenceEqual(":method"u8) => PseudoField.Method,
            7 when name.SequenceEqual(":scheme"u8) => PseudoField.Scheme,
            9 when name.SequenceEqual(":protocol"u8) => PseudoField.Protocol,
            10 when name.SequenceEqual(":authority"u8) => PseudoField.Authority,
            _ => PseudoField.None,
        };
        if (field == PseudoField.None || Saw(field) || _sawField)
        {
            return Http2Fault.InvalidHeaderField;
        }

        _seen |= 1 << (int)field;
        if (field != PseudoField.Protocol)
        {
            // An upgrade is made anew on the way, and its protocol comes last.
            _head.PseudoFieldOrder = (_head.PseudoFieldOrder << HeadBlocks.OrderBits) | (uint)field;
        }

        return field switch
        {
            PseudoField.Path => TakePath(value),
            PseudoField.Method => _head.SetMethod(value) ? Http2Fault.None : Http2Fault.InvalidHeaderField,
            PseudoField.Scheme => TakeScheme(value),
            PseudoField.Protocol => _limits.AllowExtendedConnect && !value.IsEmpty && _head.SetProtocol(value) ? Http2Fault.None : Http2Fault.InvalidHeaderField,
            _ => _head.SetAuthority(value) ? Http2Fault.None : Http2Fault.InvalidHeaderField,
        };
    }

    private readonly bool Saw(PseudoField field) => (_seen & (1 << (int)field)) != 0;

    private readonly Http2Fault TakePath(scoped ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path.ContainsAny(PathBytesThatAreForbidden))
        {
            return Http2Fault.InvalidHeaderField;
        }

        _head.SetPathEscaping(path);
        return Http2Fault.None;
    }

    private readonly Http2Fault TakeScheme(scoped ReadOnlySpan<byte> scheme)
    {
        // A scheme that is well formed but not ours is another kind of fault (RFC 3986 section 3.1).
        return _head.SetScheme(scheme) ? Http2Fault.None
            : scheme.IsEmpty || !char.IsAsciiLetter((char)scheme[0]) || scheme.ContainsAnyExcept(SchemeBytes) ? Http2Fault.InvalidHeaderField
            : Http2Fault.MessagingViolation;
    }

    private Http2Fault Take(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        _sawField = true;
        if ((known == KnownHeader.None && !FieldSyntax.IsName(name)) || !FieldSyntax.IsValue(value) || FieldSyntax.IsConnectionSpecific(known))
        {
            return Http2Fault.InvalidHeaderField;
        }

        switch (known)
        {
            case KnownHeader.None when (_limits.RejectUnderscoreHeaders || _limits.DropUnderscoreHeaders) && name.Contains((byte)'_'):
                DroppedCount += _limits.RejectUnderscoreHeaders ? 0 : 1;
                return _limits.RejectUnderscoreHeaders ? Http2Fault.UnderscoreInFieldName : Http2Fault.None;
            case KnownHeader.None:
                _head.Headers.AddValid(name, value);
                return Http2Fault.None;
            case KnownHeader.Cookie:
                _cookies.Add(_head.Headers, value);
                return Http2Fault.None;
            case KnownHeader.Host:
                return TakeHost(value);
            case KnownHeader.Http2Settings:
                return Http2Fault.None;
            case KnownHeader.Te when !HttpTokens.EqualsIgnoreCase(value, "trailers"u8):
                return Http2Fault.InvalidHeaderField;
            case KnownHeader.ContentLength:
                bool isRepeated = _contentLength >= 0;
                if (!FieldSyntax.TryReadLength(value, out _contentLength) || isRepeated)
                {
                    return Http2Fault.InvalidHeaderField;
                }

                break;
            default:
                break;
        }

        _head.Headers.AddValid(known, value);
        return Http2Fault.None;
    }

    // It stands for :authority where that is missing, and is dropped otherwise; it has to be valid in any case.
    private Http2Fault TakeHost(scoped ReadOnlySpan<byte> host)
    {
        if (_sawHost || !Authority.IsValid(host))
        {
            return Http2Fault.InvalidHeaderField;
        }

        _sawHost = true;
        if (!Saw(PseudoField.Authority))
        {
            _head.SetValidAuthority(host);
        }

        return Http2Fault.None;
    }

    private readonly Http2Fault CheckTarget()
    {
        bool isConnect = _head.Method == KnownMethod.Connect;
        if (Saw(PseudoField.Protocol))
        {
            if (!isConnect)
            {
                return Http2Fault.InvalidHeaderField;
            }
        }
        else if (isConnect)
        {
            // RFC 9113 section 8.5.
            return !Saw(PseudoField.Scheme) && !Saw(PseudoField.Path) && Saw(PseudoField.Authority)
                ? Http2Fault.None
                : Http2Fault.MessagingViolation;
        }

        if (!Saw(PseudoField.Method) || !Saw(PseudoField.Scheme) || !Saw(PseudoField.Path) || _head.Authority.IsEmpty)
        {
            return Http2Fault.MessagingViolation;
        }

        ReadOnlySpan<byte> path = _head.Path;
        return path[0] == (byte)'/' || (_head.Method == KnownMethod.Options && path.SequenceEqual("*"u8)) ? Http2Fault.None : Http2Fault.MessagingViolation;
    }
}
