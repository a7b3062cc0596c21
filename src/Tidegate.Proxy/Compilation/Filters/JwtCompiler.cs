using System.Text;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Google.Protobuf.Collections;
using Tidegate.Http.Tokens;
using Tidegate.Proxy.Filters.Jwt;
using Tidegate.Proxy.Routing;
using JwtProvider = Tidegate.Proxy.Filters.Jwt.JwtProvider;
using JwtRequirement = Tidegate.Proxy.Filters.Jwt.JwtRequirement;
using ProviderProto = Envoy.Extensions.Filters.Http.JwtAuthn.V3.JwtProvider;
using RequirementProto = Envoy.Extensions.Filters.Http.JwtAuthn.V3.JwtRequirement;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>
/// Compiles the check of tokens. Each provider is a unit of refusal: of one that cannot be read, or whose keys cannot, all tokens are bad, and everything else
/// goes on.
/// </summary>
internal sealed class JwtCompiler
{
    // Envoy's own, where the configuration does not say.
    private const long DefaultCacheMs = 600_000;

    private readonly FilterParts _parts;
    private readonly SortedDictionary<string, JwtProvider> _providers = new(StringComparer.Ordinal);
    private JwtPlace[] _places = [];

    private JwtCompiler(FilterParts parts) => _parts = parts;

    /// <summary>Compiles the filter of a listener.</summary>
    public static JwtFilter Compile(JwtAuthentication config, FilterParts parts, CompileScope scope)
    {
        var compiler = new JwtCompiler(parts);
        foreach ((string name, ProviderProto provider) in config.Providers)
        {
            compiler._providers[name] = compiler.Provider(name, provider, scope.Named("providers", name));
        }

        JwtProvider[] providers = [.. compiler._providers.Values];
        compiler._places = JwtPlace.Of(providers);
        scope.RefuseIf(config.FilterStateRules is not null, "filter_state_rules is not supported");
        Dictionary<string, JwtRequirement> named = new(StringComparer.Ordinal);
        foreach ((string name, RequirementProto requirement) in config.RequirementMap)
        {
            named[name] = compiler.Requirement(requirement, scope.Named("requirement_map", name));
        }

        return new JwtFilter
        {
            Providers = providers,
            Rules = [.. config.Rules.Select((rule, i) => compiler.Rule(rule, named, scope.At("rules", i)))],
            Named = named,
            BypassesPreflight = config.BypassCorsPreflight,
            StripsFailure = config.StripFailureResponse,
        };
    }

    /// <summary>Compiles what a route says to it: nothing is asked for, or what is asked for by name.</summary>
    public static (object? Settings, bool IsDisabled) CompileForRoute(PerRouteConfig config) =>
        config.HasRequirementName ? (config.RequirementName, false) : (null, config.Disabled);

    private JwtRule Rule(RequirementRule rule, Dictionary<string, JwtRequirement> named, CompileScope scope)
    {
        scope.RefuseIf(rule.Match is null, "match is missing");
        RouteMatcher match = _parts.Matchers.Route(rule.Match ?? new Envoy.Config.Route.V3.RouteMatch { Prefix = string.Empty }, scope.At("match"));
        switch (rule.RequirementTypeCase)
        {
            case RequirementRule.RequirementTypeOneofCase.Requires:
                return new JwtRule(match, IsNothing(rule.Requires) ? null : Requirement(rule.Requires, scope.At("requires")));
            case RequirementRule.RequirementTypeOneofCase.RequirementName:
                JwtRequirement? requirement = named.GetValueOrDefault(rule.RequirementName);
                scope.RefuseIf(requirement is null, $"there is no requirement \"{rule.RequirementName}\" in requirement_map");
                return new JwtRule(match, requirement);
            default:
                return new JwtRule(match, null);
        }
    }

    private static bool IsNothing(RequirementProto requirement) => requirement.RequiresTypeCase == RequirementProto.RequiresTypeOneofCase.None;

    private JwtRequirement Requirement(RequirementProto requirement, CompileScope scope)
    {
        switch (requirement.RequiresTypeCase)
        {
            case RequirementProto.RequiresTypeOneofCase.ProviderName:
                return new ProviderRequirement(Find(requirement.ProviderName, scope.At("provider_name")), null);
            case RequirementProto.RequiresTypeOneofCase.ProviderAndAudiences:
                ProviderWithAudiences both = requirement.ProviderAndAudiences;
                return new ProviderRequirement(Find(both.ProviderName, scope.At("provider_and_audiences")), new JwtAudiences(both.Audiences));
            case RequirementProto.RequiresTypeOneofCase.RequiresAny:
                return new AnyRequirement(Several(requirement.RequiresAny.Requirements, scope.At("requires_any")));
            case RequirementProto.RequiresTypeOneofCase.RequiresAll:
                return new AllRequirement(Several(requirement.RequiresAll.Requirements, scope.At("requires_all")));
            case RequirementProto.RequiresTypeOneofCase.AllowMissing:
                return new OptionalRequirement(_places, allowsFailed: false);
            case RequirementProto.RequiresTypeOneofCase.AllowMissingOrFailed:
                return new OptionalRequirement(_places, allowsFailed: true);
            default:
                return new AllRequirement([]);
        }
    }

    private JwtRequirement[] Several(RepeatedField<RequirementProto> requirements, CompileScope scope)
    {
        scope.RefuseIf(requirements.Count < 2, "requirements has fewer than 2 entries");
        return [.. requirements.Select((requirement, i) => Requirement(requirement, scope.At("requirements", i)))];
    }

    private JwtProvider Find(string name, CompileScope scope)
    {
        if (_providers.TryGetValue(name, out JwtProvider? provider))
        {
            return provider;
        }

        scope.Refuse($"there is no provider \"{name}\"");
        return Unavailable(name, string.Empty);
    }

    private JwtProvider Provider(string name, ProviderProto provider, CompileScope scope)
    {
        CompileUnit unit = scope.BeginUnit();
        JwtProvider compiled;
        try
        {
            compiled = Provider(name, provider, unit);
        }
        catch (Exception exception)
        {
            unit.Fail(exception);
            compiled = Unavailable(name, provider.Issuer);
        }

        if (unit.IsRefused)
        {
            unit.LeaveOut(keepsLastGood: false);
        }

        return compiled;
    }

    private JwtProvider Provider(string name, ProviderProto provider, CompileUnit unit)
    {
        CompileScope scope = unit.Scope;
        scope.NoteIf(provider.FailedStatusInMetadata.Length > 0, "failed_status_in_metadata is not acted on");
        CheckField(provider.ForwardPayloadHeader, scope.At("forward_payload_header"));
        for (int i = 0; i < provider.ClaimToHeaders.Count; i++)
        {
            CompileScope claim = scope.At("claim_to_headers", i);
            claim.RefuseIf(provider.ClaimToHeaders[i].HeaderName.Length == 0 || provider.ClaimToHeaders[i].ClaimName.Length == 0, "a field and a claim are needed");
            CheckField(provider.ClaimToHeaders[i].HeaderName, claim.At("header_name"));
        }

        for (int i = 0; i < provider.FromHeaders.Count; i++)
        {
            scope.At("from_headers", i).RefuseIf(provider.FromHeaders[i].Name.Length == 0, "name is empty");
            CheckField(provider.FromHeaders[i].Name, scope.At("from_headers", i).At("name"));
        }

        JwtLocation[] locations =
        [
            .. provider.FromHeaders.Select(static header => new JwtHeaderLocation(header.Name.ToLowerInvariant(), header.ValuePrefix)),
            .. provider.FromParams.Select(static parameter => new JwtParameterLocation(parameter)),
            .. provider.FromCookies.Select(static cookie => new JwtCookieLocation(cookie)),
        ];
        var keys = Keys(provider, scope);
        return new JwtProvider
        {
            Name = name,
            Issuer = provider.Issuer,
            Audiences = new JwtAudiences(provider.Audiences),
            Subjects = provider.Subjects is null ? null : MatcherCompiler.Value(provider.Subjects, scope.At("subjects")),
            RequiresExpiry = provider.RequireExpiration,
            MaxLifetimeSeconds = scope.MillisecondsOrNull(provider.MaxLifetime) is { } most ? (ulong)most / 1000 : null,
            SkewSeconds = provider.ClockSkewSeconds == 0 ? 60 : provider.ClockSkewSeconds,
            Keys = unit.IsRefused ? new LocalKeySource(null) : keys,
            Locations = locations.Length == 0 ? JwtProvider.DefaultLocations : locations,
            Forwards = provider.Forward,
            PayloadHeader = Encoding.ASCII.GetBytes(provider.ForwardPayloadHeader.ToLowerInvariant()),
            PadsPayload = provider.PadForwardPayloadHeader,
            PayloadKey = provider.PayloadInMetadata,
            HeaderKey = provider.HeaderInMetadata,
            ListClaims = [.. provider.NormalizePayloadInMetadata?.SpaceDelimitedClaims ?? []],
            ClaimHeaders = [.. provider.ClaimToHeaders.Select(static claim => new JwtClaimHeader(claim.HeaderName.ToLowerInvariant(), claim.ClaimName))],
            ChoosesRouteAgain = provider.ClearRouteCache,
        };
    }

    private JwtKeySource Keys(ProviderProto provider, CompileScope scope)
    {
        switch (provider.JwksSourceSpecifierCase)
        {
            case ProviderProto.JwksSourceSpecifierOneofCase.LocalJwks:
                CompileScope local = scope.At("local_jwks");
                byte[] text = Encoding.UTF8.GetBytes(DataSources.Text(provider.LocalJwks, local));
                JwtKeySet? keys = JwtKeySet.TryParse(text, out string problem);
                local.RefuseIf(keys is null, $"the key set {problem}");
                return new LocalKeySource(keys);
            case ProviderProto.JwksSourceSpecifierOneofCase.RemoteJwks:
                return Remote(provider.RemoteJwks, scope.At("remote_jwks"));
            default:
                scope.Refuse("local_jwks or remote_jwks is needed");
                return new LocalKeySource(null);
        }
    }

    private JwtKeySource Remote(RemoteJwks remote, CompileScope scope)
    {
        CompileScope where = scope.At("http_uri");
        if (remote.HttpUri is not { } http || !Uri.TryCreate(http.Uri, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
        {
            where.Refuse("uri is no address");
            return new LocalKeySource(null);
        }

        where.RefuseIf(http.Cluster.Length == 0, "cluster is empty");
        where.RefuseIf(http.Timeout is null, "timeout is missing");
        scope.NoteIf(remote.RetryPolicy is not null, "retry_policy is not acted on: what could not be fetched is asked for by the next request that needs it");
        long life = scope.At("cache_duration").MillisecondsOrNull(remote.CacheDuration) ?? DefaultCacheMs;
        return new RemoteKeySource(_parts.Clusters.Of(http.Cluster), uri, http.Timeout is null ? 0 : where.At("timeout").Milliseconds(http.Timeout), life);
    }

    private static void CheckField(string name, CompileScope scope) =>
        scope.RefuseIf(name.Length > 0 && !HttpTokens.IsToken(Encoding.UTF8.GetBytes(name)), $"\"{name}\" is no name of a field");

    private static JwtProvider Unavailable(string name, string issuer) => new() { Name = name, Issuer = issuer, Keys = new LocalKeySource(null) };
}
