using System.Text;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>Whose tokens are taken, where they are, and what becomes of them (Envoy: <c>JwtProvider</c>). Immutable.</summary>
internal sealed class JwtProvider
{
    /// <summary>Where tokens are where nothing is said of it.</summary>
    public static readonly JwtLocation[] DefaultLocations = [new JwtHeaderLocation("authorization", "Bearer "), new JwtParameterLocation("access_token")];

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Who has to have issued its tokens; empty for anybody.</summary>
    public string Issuer { get; init; } = string.Empty;

    /// <summary>Whom its tokens may be for.</summary>
    public JwtAudiences Audiences { get; init; } = JwtAudiences.Any;

    /// <summary>Whom its tokens may be about; null for anybody.</summary>
    public ValueMatcher? Subjects { get; init; }

    /// <summary>Whether a token that never expires is refused.</summary>
    public bool RequiresExpiry { get; init; }

    /// <summary>How many seconds a token may still be good for; null for any.</summary>
    public ulong? MaxLifetimeSeconds { get; init; }

    /// <summary>How many seconds clocks may differ.</summary>
    public ulong SkewSeconds { get; init; } = 60;

    /// <summary>Its keys.</summary>
    public required JwtKeySource Keys { get; init; }

    /// <summary>Where its tokens are looked for.</summary>
    public JwtLocation[] Locations { get; init; } = DefaultLocations;

    /// <summary>Whether the token stays in the request.</summary>
    public bool Forwards { get; init; }

    /// <summary>The field that gets the payload; empty for none.</summary>
    public byte[] PayloadHeader { get; init; } = [];

    /// <summary>Whether the payload is padded there.</summary>
    public bool PadsPayload { get; init; }

    /// <summary>Under which name the payload is noted; empty for nowhere.</summary>
    public string PayloadKey { get; init; } = string.Empty;

    /// <summary>Under which name the token's header is noted; empty for nowhere.</summary>
    public string HeaderKey { get; init; } = string.Empty;

    /// <summary>Claims that are lists of words, noted as lists.</summary>
    public string[] ListClaims { get; init; } = [];

    /// <summary>Fields that get claims.</summary>
    public JwtClaimHeader[] ClaimHeaders { get; init; } = [];

    /// <summary>Whether the route is chosen again by what a token has brought.</summary>
    public bool ChoosesRouteAgain { get; init; }

    /// <summary>Its places.</summary>
    public JwtPlace[] Places => field ??= JwtPlace.Of([this]);
}

/// <summary>A field that gets a claim.</summary>
/// <param name="header">The field.</param>
/// <param name="claim">The claim; dots go into objects.</param>
internal sealed class JwtClaimHeader(string header, string claim)
{
    /// <summary>The field.</summary>
    public byte[] Header { get; } = Encoding.ASCII.GetBytes(header);

    /// <summary>The claim, name by name.</summary>
    public string[] Claim { get; } = claim.Split('.');
}

/// <summary>Whom tokens may be for. <c>https://x/</c>, <c>http://x</c> and <c>x</c> are the same, as with Envoy.</summary>
internal sealed class JwtAudiences
{
    /// <summary>Anybody.</summary>
    public static readonly JwtAudiences Any = new([]);

    private readonly HashSet<string> _names;

    /// <param name="names">The audiences; none for anybody.</param>
    public JwtAudiences(IEnumerable<string> names) => _names = new HashSet<string>(names.Select(Sanitize), StringComparer.Ordinal);

    /// <summary>Whether one of a token's audiences is among them.</summary>
    public bool Allow(string[] audiences)
    {
        if (_names.Count == 0)
        {
            return true;
        }

        foreach (string audience in audiences)
        {
            if (_names.Contains(audience))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A name as it is compared.</summary>
    public static string Sanitize(string name)
    {
        string bare = name.StartsWith("https://", StringComparison.Ordinal) ? name["https://".Length..]
            : name.StartsWith("http://", StringComparison.Ordinal) ? name["http://".Length..]
            : name;
        return bare.EndsWith('/') ? bare[..^1] : bare;
    }
}
