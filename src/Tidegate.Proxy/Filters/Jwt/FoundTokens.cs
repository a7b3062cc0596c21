using Tidegate.Http.Paths;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>The tokens that were found in a request, copied out of it. Owned by one exchange and used again.</summary>
internal sealed class FoundTokens
{
    // What a longer token leaves is given back.
    private const int MaxKeptBytes = 16 * 1024;

    private byte[] _bytes = [];
    private Found[] _tokens = [];

    /// <summary>How many were found.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all.</summary>
    public int Length { get; private set; }

    /// <summary>Where a token was found.</summary>
    public JwtPlace PlaceOf(int index) => _tokens[index].Place;

    /// <summary>A token.</summary>
    public ReadOnlySpan<byte> TextOf(int index) => _bytes.AsSpan(_tokens[index].Start, _tokens[index].Length);

    /// <summary>What tells a token from all others.</summary>
    public ContentDigest DigestOf(int index) => _tokens[index].Digest;

    /// <summary>Adds a token.</summary>
    public void Add(JwtPlace place, ReadOnlySpan<byte> text)
    {
        int start = Begin();
        Append(text);
        End(place, start, 0);
    }

    /// <summary>Adds what others have found at the same place.</summary>
    public void AddFrom(FoundTokens others, JwtPlace place)
    {
        for (int i = 0; i < others.Count; i++)
        {
            if (others.PlaceOf(i).Location == place.Location)
            {
                Add(place, others.TextOf(i));
            }
        }
    }

    /// <summary>Begins a token that comes in pieces. Gives where.</summary>
    public int Begin() => Length;

    /// <summary>What has been appended since.</summary>
    public ReadOnlySpan<byte> TextFrom(int start) => _bytes.AsSpan(start, Length - start);

    /// <summary>Appends to the token that was begun.</summary>
    public void Append(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_bytes.AsSpan(Length));
        Length += text.Length;
    }

    /// <summary>Appends to the token that was begun.</summary>
    public void Append(byte value) => Append([value]);

    /// <summary>Appends what stands percent-encoded in a text.</summary>
    public void AppendDecoded(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        Length += PercentEncoding.Decode(text, _bytes.AsSpan(Length));
    }

    /// <summary>The token that was begun is whole.</summary>
    /// <param name="place">Where it was found.</param>
    /// <param name="start">Where it was begun.</param>
    /// <param name="skipped">How much of it is in front of the token; -1: there is no token.</param>
    public void End(JwtPlace place, int start, int skipped)
    {
        if (skipped < 0)
        {
            Length = start;
            return;
        }

        if (Count == _tokens.Length)
        {
            Array.Resize(ref _tokens, Math.Max(4, Count * 2));
        }

        start += skipped;
        _tokens[Count++] = new Found(place, start, Length - start, ContentDigest.Of(_bytes.AsSpan(start, Length - start)));
    }

    /// <summary>Forgets all. What was secret does not stay.</summary>
    public void Clear()
    {
        _tokens.AsSpan(0, Count).Clear();
        _bytes.AsSpan(0, Length).Clear();
        Count = 0;
        Length = 0;
        if (_bytes.Length > MaxKeptBytes)
        {
            _bytes = [];
        }
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - Length < more)
        {
            Array.Resize(ref _bytes, Math.Max(Length + more, Math.Max(1024, _bytes.Length * 2)));
        }
    }

    private readonly record struct Found(JwtPlace Place, int Start, int Length, ContentDigest Digest);
}
