using Tidegate.Http.Headers;
using Tidegate.Http.Paths;
using Tidegate.Http.Tokens;

namespace Tidegate.Http;

/// <summary>
/// What a request line and its fields mean, whatever the HTTP version. Reused from request to request: it copies what it is given and keeps its
/// memory. Invariant: method, path, authority and fields hold nothing that could end a line or a word on the wire, so the head can be written as it is.
/// </summary>
public sealed class RequestHead
{
    private GrowableBytes _otherMethod;
    private GrowableBytes _path;
    private GrowableBytes _authority;
    private GrowableBytes _scheme;
    private GrowableBytes _protocol;
    private int _queryStart;

    /// <summary>The version the request came with; what is sent upstream does not depend on it.</summary>
    public HttpVersion Version { get; set; } = HttpVersion.Http11;

    /// <summary>The method, <see cref="KnownMethod.Other"/> when it is not one of ours.</summary>
    public KnownMethod Method { get; private set; }

    /// <summary>The method as it came, case kept.</summary>
    public ReadOnlySpan<byte> MethodName => Method == KnownMethod.Other ? _otherMethod.Span : KnownMethods.NameOf(Method);

    /// <summary>The target in origin-form with the query, as sent by the client until normalised; <c>*</c> for OPTIONS, empty for CONNECT.</summary>
    public ReadOnlySpan<byte> Path => _path.Span;

    /// <summary><see cref="Path"/> up to the first question mark.</summary>
    public ReadOnlySpan<byte> PathWithoutQuery => _path.Span[.._queryStart];

    /// <summary>Host and port: that of an absolute-form target when there was one, else the Host field; case kept.</summary>
    public ReadOnlySpan<byte> Authority => _authority.Span;

    /// <summary>
    /// The scheme of an absolute-form target or of <c>:scheme</c> as the client claims it, in lower case; empty when the client named none.
    /// Not to be trusted: the gateway sets the one of the connection.
    /// </summary>
    public ReadOnlySpan<byte> Scheme => _scheme.Span;

    /// <summary>The <c>:protocol</c> of an extended CONNECT (RFC 8441 section 4), case kept; empty for every other request. It is there with a scheme and a path.</summary>
    public ReadOnlySpan<byte> Protocol => _protocol.Span;

    /// <summary>Memory that it holds, in use or not, in bytes.</summary>
    public int MemoryBytes => Headers.MemoryBytes + _path.Capacity + _authority.Capacity + _otherMethod.Capacity;

    /// <summary>All fields but Host. Content-Length and Transfer-Encoding stay readable, but what is sent is <see cref="Framing"/>.</summary>
    public HeaderMap Headers { get; } = new();

    /// <summary>How the body ends; never <see cref="MessageFraming.UntilClose"/>.</summary>
    public MessageFraming Framing { get; set; }

    /// <summary>Length of the body in bytes when <see cref="Framing"/> is <see cref="MessageFraming.ContentLength"/>, else -1.</summary>
    public long ContentLength { get; set; } = -1;

    /// <summary>Whether the message ended with its head. Where it did not, an end of its own follows, even if the body is empty.</summary>
    public bool IsEnd { get; set; }

    /// <summary>Whether the client lets the connection live on, by version and Connection field (RFC 9112 section 9.3).</summary>
    public bool KeepAlive { get; set; } = true;

    /// <summary>Whether the client waits for 100 (Continue) before it sends the body (RFC 9110 section 10.1.1).</summary>
    public bool ExpectsContinue { get; set; }

    /// <summary>How often the request has come back to the gateway that serves it.</summary>
    public int HopCount { get; set; }

    /// <summary>
    /// Whether there is an Upgrade field that the Connection field names. When true the writer sends both. <c>Upgrade: h2c</c> is dropped
    /// by the parser and does not count.
    /// </summary>
    public bool HasUpgrade { get; set; }

    /// <summary>The capitals in the name of the Host field as it came (<see cref="NameCases"/>).</summary>
    internal ulong HostCapitals { get; set; }

    /// <summary>Whether it asks for a tunnel: an upgrade, or CONNECT.</summary>
    public bool AsksForTunnel => HasUpgrade || Method == KnownMethod.Connect;

    /// <summary>In which order an HTTP/2 client said its pseudo-header fields, four bits each; 0 when it was no HTTP/2 client. It is kept towards endpoints, as Envoy does.</summary>
    internal uint PseudoFieldOrder { get; set; }

    /// <summary>Sets the method.</summary>
    public void SetMethod(KnownMethod method)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((byte)method, (byte)KnownMethod.Other, nameof(method));
        Method = method;
    }

    /// <summary>Sets the method by name.</summary>
    /// <returns>False, and nothing is changed, when it is not a token.</returns>
    public bool SetMethod(ReadOnlySpan<byte> name)
    {
        KnownMethod known = KnownMethods.Find(name);
        if (known == KnownMethod.Other)
        {
            if (!HttpTokens.IsToken(name))
            {
                return false;
            }

            _otherMethod.Set(name);
        }

        Method = known;
        return true;
    }

    /// <summary>Sets path and query.</summary>
    /// <returns>False, and nothing is changed, when it is empty or has a byte that is not visible ASCII.</returns>
    public bool SetPath(ReadOnlySpan<byte> pathAndQuery)
    {
        if (!HttpTokens.IsRequestTarget(pathAndQuery))
        {
            return false;
        }

        SetValidPath(pathAndQuery);
        return true;
    }

    /// <summary>Sets host and port.</summary>
    /// <returns>False, and nothing is changed, when it is not a valid authority (<see cref="Http.Authority.IsValid"/>).</returns>
    public bool SetAuthority(ReadOnlySpan<byte> authority)
    {
        if (!Http.Authority.IsValid(authority))
        {
            return false;
        }

        _authority.Set(authority);
        return true;
    }

    /// <summary>Sets the scheme, folded to lower case.</summary>
    /// <returns>False, and nothing is changed, when it is neither http nor https.</returns>
    public bool SetScheme(ReadOnlySpan<byte> scheme)
    {
        if (HttpTokens.EqualsIgnoreCase(scheme, "http"u8))
        {
            _scheme.Set("http"u8);
            return true;
        }

        if (HttpTokens.EqualsIgnoreCase(scheme, "https"u8))
        {
            _scheme.Set("https"u8);
            return true;
        }

        return false;
    }

    /// <summary>Sets the protocol of an extended CONNECT; empty makes it another request.</summary>
    /// <returns>False, and nothing is changed, when it is neither a token nor empty.</returns>
    public bool SetProtocol(ReadOnlySpan<byte> protocol)
    {
        if (!protocol.IsEmpty && !HttpTokens.IsToken(protocol))
        {
            return false;
        }

        _protocol.Set(protocol);
        return true;
    }

    /// <summary>
    /// Normalises <see cref="Path"/> in place (<see cref="PathNormalizer"/>). The target <c>*</c> of OPTIONS and the empty one of CONNECT are left alone.
    /// After <see cref="PathResult.Rejected"/> the path is undefined and must not be used.
    /// </summary>
    public PathResult NormalizePath(in PathOptions options)
    {
        if (_path.Length == 0 || (Method == KnownMethod.Options && _path.Span.SequenceEqual("*"u8)))
        {
            return PathResult.Ok;
        }

        PathResult result = PathNormalizer.Normalize(_path.Writable, options, out int length);
        _path.Truncate(length);
        FindQuery();
        return result;
    }

    /// <summary>Makes it an empty GET-less head again, keeping the memory.</summary>
    public void Reset()
    {
        Version = HttpVersion.Http11;
        Method = KnownMethod.Other;
        _otherMethod.Clear();
        _path.Clear();
        _authority.Clear();
        _scheme.Clear();
        _protocol.Clear();
        PseudoFieldOrder = 0;
        _queryStart = 0;
        HostCapitals = 0;
        Headers.Clear();
        Framing = MessageFraming.None;
        ContentLength = -1;
        IsEnd = false;
        KeepAlive = true;
        ExpectsContinue = false;
        HasUpgrade = false;
        HopCount = 0;
    }

    /// <summary>Makes the other head the same as this one.</summary>
    public void CopyTo(RequestHead other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other))
        {
            return;
        }

        other.Version = Version;
        other.Method = Method;
        other._otherMethod.Set(_otherMethod.Span);
        other._path.Set(_path.Span);
        other._authority.Set(_authority.Span);
        other._scheme.Set(_scheme.Span);
        other._protocol.Set(_protocol.Span);
        other.PseudoFieldOrder = PseudoFieldOrder;
        other._queryStart = _queryStart;
        other.HostCapitals = HostCapitals;
        Headers.CopyTo(other.Headers);
        other.Framing = Framing;
        other.ContentLength = ContentLength;
        other.IsEnd = IsEnd;
        other.KeepAlive = KeepAlive;
        other.ExpectsContinue = ExpectsContinue;
        other.HasUpgrade = HasUpgrade;
        other.HopCount = HopCount;
    }

    /// <summary>Sets a path that was already checked.</summary>
    internal void SetValidPath(ReadOnlySpan<byte> pathAndQuery)
    {
        _path.Set(pathAndQuery);
        FindQuery();
    }

    /// <summary>Sets a path that has no control character and no space; bytes from 0x80 on become <c>%XX</c>, as Envoy sends them.</summary>
    internal void SetPathEscaping(ReadOnlySpan<byte> pathAndQuery)
    {
        if (System.Text.Ascii.IsValid(pathAndQuery))
        {
            _path.Set(pathAndQuery);
        }
        else
        {
            _path.SetEscaping(pathAndQuery);
        }

        FindQuery();
    }

    /// <summary>Sets a path that was already checked and has no slash in front, as <c>?query</c> in an absolute-form target.</summary>
    internal void SetValidPathBehindSlash(ReadOnlySpan<byte> query)
    {
        _path.SetBehind((byte)'/', query);
        FindQuery();
    }

    /// <summary>Sets an authority that was already checked.</summary>
    internal void SetValidAuthority(ReadOnlySpan<byte> authority) => _authority.Set(authority);

    private void FindQuery()
    {
        int query = _path.Span.IndexOf((byte)'?');
        _queryStart = query < 0 ? _path.Length : query;
    }
}
