using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Paths;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>A place of a request where tokens are looked for (security-envoy.md 8). Immutable; equal by what it says.</summary>
internal abstract record JwtLocation
{
    /// <summary>Notes the tokens that are there.</summary>
    /// <param name="request">The request.</param>
    /// <param name="found">Where to.</param>
    /// <param name="place">What is noted with them.</param>
    public abstract void Find(RequestHead request, FoundTokens found, JwtPlace place);

    /// <summary>Takes the token out of a request that goes on.</summary>
    public abstract void Remove(RequestHead request);
}

/// <summary>A field; with a prefix, which may stand anywhere in its value, what is behind it.</summary>
internal sealed record JwtHeaderLocation : JwtLocation
{
    private readonly byte[] _name;
    private readonly byte[] _prefix;

    /// <summary>A field's value behind a prefix.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="prefix">The prefix, whose case counts; empty for none.</param>
    public JwtHeaderLocation(string name, string prefix)
    {
        Name = name;
        Prefix = prefix;
        _name = Encoding.ASCII.GetBytes(name);
        _prefix = Encoding.UTF8.GetBytes(prefix);
    }

    /// <summary>The field's name, in lower case.</summary>
    public string Name { get; }

    /// <summary>The prefix.</summary>
    public string Prefix { get; }

    /// <inheritdoc/>
    public bool Equals(JwtHeaderLocation? other) => other is not null && other.Name == Name && other.Prefix == Prefix;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Prefix);

    /// <inheritdoc/>
    public override void Find(RequestHead request, FoundTokens found, JwtPlace place)
    {
        // Credentials that are there twice are one value (RFC 9110, section 5.3), which then is no token.
        if (_name.AsSpan().SequenceEqual("authorization"u8) && request.Headers.CountOf(KnownHeader.Authorization) > 1)
        {
            int start = found.Begin();
            int at = 0;
            while (request.Headers.TryGetNext(KnownHeader.Authorization, ref at, out ReadOnlySpan<byte> part))
            {
                if (found.Length > start)
                {
                    found.Append((byte)',');
                }

                found.Append(part);
            }

            ReadOnlySpan<byte> joined = found.TextFrom(start);
            int skipped = Skip(joined);
            found.End(place, start, skipped);
            return;
        }

        int position = 0;
        while (request.Headers.TryGetNext(_name, ref position, out ReadOnlySpan<byte> value))
        {
            int skipped = Skip(value);
            if (skipped >= 0)
            {
                found.Add(place, value[skipped..]);
            }
        }
    }

    /// <inheritdoc/>
    public override void Remove(RequestHead request) => request.Headers.Remove(_name);

    // Where the token begins; -1 for none.
    private int Skip(ReadOnlySpan<byte> value)
    {
        if (_prefix.Length == 0)
        {
            return 0;
        }

        int at = value.IndexOf(_prefix);
        if (at < 0)
        {
            return -1;
        }

        for (int i = at + _prefix.Length; i < value.Length; i++)
        {
            if (char.IsAsciiLetterOrDigit((char)value[i]) || value[i] is (byte)'-' or (byte)'_' or (byte)'.')
            {
                return i;
            }
        }

        return 0; // something is there, and it is no token
    }
}

/// <summary>A parameter of the query: its first value, decoded. Its name is compared decoded as well.</summary>
/// <param name="Name">The name, whose case counts.</param>
internal sealed record JwtParameterLocation(string Name) : JwtLocation
{
    private readonly byte[] _name = Encoding.UTF8.GetBytes(Name);

    /// <inheritdoc/>
    public bool Equals(JwtParameterLocation? other) => other?.Name == Name;

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override void Find(RequestHead request, FoundTokens found, JwtPlace place)
    {
        ReadOnlySpan<byte> query = request.Path[request.PathWithoutQuery.Length..];
        query = query.IsEmpty ? query : query[1..];
        while (!query.IsEmpty)
        {
            ReadOnlySpan<byte> parameter = QueryString.Next(ref query, out ReadOnlySpan<byte> name);
            if (PercentEncoding.DecodedEquals(name, _name))
            {
                int start = found.Begin();
                found.AppendDecoded(QueryString.ValueOf(parameter, name));
                found.End(place, start, 0);
                return;
            }
        }
    }

    /// <inheritdoc/>
    public override void Remove(RequestHead request)
    {
        // All of that name; the others stay as they were written.
        ReadOnlySpan<byte> path = request.Path;
        ReadOnlySpan<byte> query = path[Math.Min(path.Length, request.PathWithoutQuery.Length + 1)..];
        byte[] rest = System.Buffers.ArrayPool<byte>.Shared.Rent(path.Length + 1);
        request.PathWithoutQuery.CopyTo(rest);
        int length = request.PathWithoutQuery.Length;
        bool isFirst = true;
        while (!query.IsEmpty)
        {
            ReadOnlySpan<byte> parameter = QueryString.Next(ref query, out ReadOnlySpan<byte> name);
            if (PercentEncoding.DecodedEquals(name, _name))
            {
                continue;
            }

            rest[length++] = isFirst ? (byte)'?' : (byte)'&';
            parameter.CopyTo(rest.AsSpan(length));
            length += parameter.Length;
            isFirst = false;
        }

        request.SetPath(rest.AsSpan(0, length));
        System.Buffers.ArrayPool<byte>.Shared.Return(rest);
    }
}

/// <summary>A cookie: its first value, without quotes. It is not taken out of requests, as with Envoy: it is the session's, not this request's.</summary>
/// <param name="Name">The name, whose case counts.</param>
internal sealed record JwtCookieLocation(string Name) : JwtLocation
{
    private readonly byte[] _name = Encoding.UTF8.GetBytes(Name);

    /// <inheritdoc/>
    public bool Equals(JwtCookieLocation? other) => other?.Name == Name;

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override void Find(RequestHead request, FoundTokens found, JwtPlace place)
    {
        if (Cookies.TryFind(request.Headers, _name, out ReadOnlySpan<byte> value))
        {
            found.Add(place, value);
        }
    }

    /// <inheritdoc/>
    public override void Remove(RequestHead request)
    {
    }
}

/// <summary>A place, and whose tokens may be there.</summary>
/// <param name="Location">The place.</param>
/// <param name="Issuers">The issuers; null for any.</param>
internal sealed record JwtPlace(JwtLocation Location, string[]? Issuers)
{
    /// <summary>Whether a token of that issuer may be there.</summary>
    public bool Allows(string issuer) => Issuers is null || Array.IndexOf(Issuers, issuer) >= 0;

    /// <summary>The places of some providers: those of fields, then of parameters, then of cookies, each by name, as with Envoy.</summary>
    public static JwtPlace[] Of(IReadOnlyList<JwtProvider> providers) =>
    [
        .. providers.SelectMany(static provider => provider.Locations, static (provider, location) => (location, provider.Issuer))
            .GroupBy(static one => one.location, static one => one.Issuer)
            .OrderBy(static group => group.Key switch { JwtHeaderLocation => 0, JwtParameterLocation => 1, _ => 2 })
            .ThenBy(static group => group.Key switch
            {
                JwtHeaderLocation header => header.Name + header.Prefix,
                JwtParameterLocation parameter => parameter.Name,
                JwtCookieLocation cookie => cookie.Name,
                _ => string.Empty,
            }, StringComparer.Ordinal)
            .Select(static group => new JwtPlace(group.Key, group.Contains(string.Empty) ? null : [.. group.Distinct()])),
    ];
}
