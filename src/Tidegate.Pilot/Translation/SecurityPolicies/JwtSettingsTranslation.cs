using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Translation.Security;
using Tidegate.Rules.Tokens;
using JwtHeader = Envoy.Extensions.Filters.Http.JwtAuthn.V3.JwtHeader;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary><c>jwt</c> of a SecurityPolicy: a token that one of its providers takes.</summary>
internal sealed class JwtSettingsTranslation(PolicyDraft draft, PolicyObjects named)
{
    /// <summary>The filter that notes what is in tokens, each under the name of its provider.</summary>
    public const string Filter = "envoy.filters.http.jwt_authn";

    private const string KeySetKey = "jwks";

    // As long as with Envoy Gateway.
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DefaultCacheDuration = TimeSpan.FromMinutes(5);

    public void Translate(JwtSettings jwt)
    {
        var filter = new JwtAuthentication();
        List<JwtRequirement> any = [];
        for (int i = 0; i < jwt.Providers.Count; i++)
        {
            JwtProviderSettings provider = jwt.Providers[i];
            filter.Providers[provider.Name] = Provider(provider, $"jwt.providers[{i}]");
            any.Add(new JwtRequirement { ProviderName = provider.Name });
        }

        if (jwt.FailOpen == true)
        {
            any.Add(new JwtRequirement { AllowMissingOrFailed = new Empty() });
        }
        else if (jwt.IsOptional == true)
        {
            any.Add(new JwtRequirement { AllowMissing = new Empty() });
        }

        filter.Rules.Add(new RequirementRule
        {
            Match = new RouteMatch { Prefix = "/" },
            Requires = any.Count == 1 ? any[0] : new JwtRequirement { RequiresAny = new JwtRequirementOrList { Requirements = { any } } },
        });
        draft.Add(PolicyPlace.Token, Filter, filter);
    }

    private JwtProvider Provider(JwtProviderSettings settings, string field)
    {
        var provider = new JwtProvider
        {
            Issuer = settings.Issuer,
            Audiences = { settings.Audiences },
            Forward = true,
            PayloadInMetadata = settings.Name,
            NormalizePayloadInMetadata = new JwtProvider.Types.NormalizePayload { SpaceDelimitedClaims = { "scope", "scp" } },
            ClearRouteCache = settings.RecomputeRoute,
            ClaimToHeaders = { settings.ClaimToHeaders.Select(static claim => new JwtClaimToHeader { HeaderName = claim.Header, ClaimName = claim.Claim }) },
        };
        if (settings.ExtractFrom is { } from)
        {
            provider.FromHeaders.Add(from.Headers.Select(static header => new JwtHeader { Name = header.Name, ValuePrefix = header.Prefix }));
            provider.FromCookies.Add(from.Cookies);
            provider.FromParams.Add(from.Params);
        }

        if (settings.RemoteJwks is { } remote)
        {
            SetRemote(provider, remote, field);
        }
        else if (settings.LocalJwks is { } local)
        {
            provider.LocalJwks = Inline(Local(local, $"{field}.localJWKS"));
        }

        return provider;
    }

    // What is in the mesh the proxy asks itself; any other is asked from here, as issuers of RequestAuthentications are.
    private void SetRemote(JwtProvider provider, RemoteJwksSettings remote, string field)
    {
        string? cluster = named.ClusterOf(remote.Uri);
        if (remote.Backends is [var backend])
        {
            cluster = named.Backend(backend, out string problem)?.Cluster;
            if (cluster is null)
            {
                draft.Close($"{field}.remoteJWKS.backendRefs[0]", problem);
                return;
            }
        }

        if (cluster is null)
        {
            var source = new KeySetSource(remote.Uri, IsDiscovered: false, FetchTimeout);
            draft.Want(source);
            provider.LocalJwks = Inline(named.KeySets.GetValueOrDefault(source) ?? UnavailableKey.KeySet);
            return;
        }

        provider.RemoteJwks = new RemoteJwks
        {
            HttpUri = new HttpUri { Uri = remote.Uri, Cluster = cluster, Timeout = Durations.Of(FetchTimeout) },
            CacheDuration = Durations.Of(remote.CacheDuration ?? DefaultCacheDuration),
        };
    }

    private string Local(LocalJwksSettings local, string field)
    {
        if (local.Inline is { } inline)
        {
            return inline;
        }

        ConfigMap? map = named.ConfigMap(local.ValueRef!);
        string? keys = map?.Data.GetValueOrDefault(KeySetKey) ?? map?.Data.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => entry.Value).FirstOrDefault();
        string problem = map is null ? $"there is no ConfigMap \"{local.ValueRef!.Name}\" in the policy's namespace"
            : keys is null ? $"{map} has no entry {KeySetKey}"
            : JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(keys), out string wrong) is null ? $"the key set in {map} {wrong}"
            : string.Empty;
        if (problem.Length > 0)
        {
            draft.Close($"{field}.valueRef", problem);
        }

        return keys ?? string.Empty;
    }

    private static DataSource Inline(string keys) => new() { InlineString = keys };
}
