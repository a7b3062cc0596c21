using Tidegate.Http.Headers;

namespace Tidegate.Http.Http2;

/// <summary>
/// Joins the cookie fields of a request, which a client may send one by one for better compression, into the one field that everything behind expects (RFC 9113
/// section 8.2.3). Decoding never waits, so all connections of a thread share one.
/// </summary>
public sealed class CookieCrumbs
{
    private byte[] _joined = new byte[1024];
    private int _length;
    private bool _hasOne;

    /// <summary>Begins a request.</summary>
    internal void Start()
    {
        _length = 0;
        _hasOne = false;
    }

    /// <summary>Takes a cookie field that was checked; the first one goes into the map at once.</summary>
    internal void Add(HeaderMap headers, ReadOnlySpan<byte> value)
    {
        if (!_hasOne)
        {
            _hasOne = true;
            headers.AddValid(KnownHeader.Cookie, value);
            return;
        }

        if (_length == 0 && headers.TryGet(KnownHeader.Cookie, out ReadOnlySpan<byte> first))
        {
            Append(first);
        }

        Append("; "u8);
        Append(value);
    }

    /// <summary>Puts what was joined into the place of the first.</summary>
    internal void Finish(HeaderMap headers)
    {
        if (_length > 0)
        {
            headers.Set(KnownHeader.Cookie, _joined.AsSpan(0, _length));
        }
    }

    // The limit of the field list bounds it.
    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_joined.Length - _length < bytes.Length)
        {
            Array.Resize(ref _joined, Math.Max(_joined.Length * 2, _length + bytes.Length));
        }

        bytes.CopyTo(_joined.AsSpan(_length));
        _length += bytes.Length;
    }
}
