using Tidegate.Http.Tokens;

namespace Tidegate.Proxy.Exchanges.InternalRedirects;

/// <summary>Where a redirect leads, taken apart: an absolute URI of http or https (RFC 9110, section 10.2.2). A view over what it was made of.</summary>
internal readonly ref struct RedirectLocation
{
    private RedirectLocation(bool isTls, ReadOnlySpan<byte> authority, ReadOnlySpan<byte> pathAndQuery)
    {
        IsTls = isTls;
        Authority = authority;
        PathAndQuery = pathAndQuery;
    }

    /// <summary>Whether its scheme is https.</summary>
    public bool IsTls { get; }

    /// <summary>Its scheme.</summary>
    public ReadOnlySpan<byte> Scheme => IsTls ? "https"u8 : "http"u8;

    /// <summary>Host and port.</summary>
    public ReadOnlySpan<byte> Authority { get; }

    /// <summary>Path and query; the fragment is the client's own. May have no slash in front: then one is meant.</summary>
    public ReadOnlySpan<byte> PathAndQuery { get; }

    /// <summary>Takes a location apart; false when it is not one that can be followed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out RedirectLocation location)
    {
        location = default;
        int colon = value.IndexOf("://"u8);
        if (colon < 0)
        {
            return false;
        }

        bool isTls = HttpTokens.EqualsIgnoreCase(value[..colon], "https"u8);
        if (!isTls && !HttpTokens.EqualsIgnoreCase(value[..colon], "http"u8))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = value[(colon + 3)..];
        int fragment = rest.IndexOf((byte)'#');
        rest = fragment < 0 ? rest : rest[..fragment];
        int end = rest.IndexOfAny((byte)'/', (byte)'?');
        ReadOnlySpan<byte> authority = end < 0 ? rest : rest[..end];
        ReadOnlySpan<byte> path = end < 0 ? default : rest[end..];
        if (authority.IsEmpty || !Http.Authority.IsValid(authority) || (path.Length > 0 && !HttpTokens.IsRequestTarget(path)))
        {
            return false;
        }

        location = new RedirectLocation(isTls, authority, path);
        return true;
    }
}
