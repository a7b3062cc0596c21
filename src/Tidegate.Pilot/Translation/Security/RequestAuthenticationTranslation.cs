using System.Globalization;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>RequestAuthentications as one check of tokens (istio-gateway.md 7.2; security-envoy.md 8).</summary>
internal sealed class RequestAuthenticationTranslation(IReadOnlyList<RequestAuthentication> authentications, ServiceIndex services, ProxyNode node)
{
    private static readonly string[] ListClaims = ["permission", "scope"];

    private static readonly Duration RemoteCacheDuration = Duration.FromTimeSpan(TimeSpan.FromMinutes(5));

    // As long as in Istio.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The keys that have to be fetched.</summary>
    public List<KeySetSource> KeySets { get; } = [];

    /// <summary>The filter; null where there is no rule.</summary>
    /// <param name="known">The key sets that have been fetched.</param>
    public JwtAuthentication? Translate(IReadOnlyDictionary<KeySetSource, string> known)
    {
        (JwtRule Rule, bool IsRefused)[] rules = [.. Rules().OrderBy(static one => one.Rule.Issuer, StringComparer.Ordinal)];
        if (rules.Length == 0)
        {
            return null;
        }

        var filter = new JwtAuthentication { BypassCorsPreflight = true };
        List<JwtRequirement> each = [];
        for (int i = 0; i < rules.Length; i++)
        {
            string name = $"origins-{i.ToString(CultureInfo.InvariantCulture)}";
            filter.Providers[name] = Provider(rules[i].Rule, rules[i].IsRefused, known);
            each.Add(new JwtRequirement { ProviderName = name });
        }

        filter.Rules.Add(new RequirementRule { Match = new RouteMatch { Prefix = "/" }, Requires = Requirement(each) });
        return filter;
    }

    // A good token of one rule is enough; where there is none, each rule is content with no token, and with no bad one.
    private static JwtRequirement Requirement(List<JwtRequirement> each)
    {
        if (each.Count == 1)
        {
            return OrMissing(each[0]);
        }

        var all = new JwtRequirement { RequiresAll = new JwtRequirementAndList { Requirements = { each.Select(OrMissing) } } };
        return new JwtRequirement { RequiresAny = new JwtRequirementOrList { Requirements = { each.Append(all) } } };
    }

    private static JwtRequirement OrMissing(JwtRequirement one) =>
        new() { RequiresAny = new JwtRequirementOrList { Requirements = { one, new JwtRequirement { AllowMissing = new Empty() } } } };

    // Of a rule that cannot be read, no key is known; of one of which nothing is known, neither is whose tokens it is about.
    private IEnumerable<(JwtRule Rule, bool IsRefused)> Rules()
    {
        foreach (RequestAuthentication authentication in authentications)
        {
            IReadOnlyCollection<string> wrong = authentication.WrongFields ?? [];
            for (int i = 0; i < authentication.Spec.JwtRules.Count; i++)
            {
                string field = $"spec.jwtRules[{i.ToString(CultureInfo.InvariantCulture)}]";
                yield return (authentication.Spec.JwtRules[i], wrong.Any(one => one == field || one.StartsWith($"{field}.", StringComparison.Ordinal)));
            }

            bool isUnreadable = wrong.Any(static field => field is "spec" or "spec.jwtRules"
                || (field.StartsWith("spec.jwtRules[", StringComparison.Ordinal) && field.LastIndexOf('.') < "spec.jwtRules".Length)
                || (!field.Contains('.') && field != "metadata"));
            if (isUnreadable)
            {
                yield return (new JwtRule(), true);
            }
        }
    }

    private JwtProvider Provider(JwtRule rule, bool isRefused, IReadOnlyDictionary<KeySetSource, string> known)
    {
        var provider = new JwtProvider
        {
            Issuer = rule.Issuer,
            Audiences = { rule.Audiences.Where(static audience => audience.Length > 0) },
            Forward = rule.ForwardOriginalToken,
            ForwardPayloadHeader = rule.OutputPayloadToHeader,
            PayloadInMetadata = "payload",
            ClearRouteCache = true,
            NormalizePayloadInMetadata = new JwtProvider.Types.NormalizePayload { SpaceDelimitedClaims = { ListClaims.Concat(rule.SpaceDelimitedClaims).Distinct() } },
            FromHeaders =
            {
                from header in rule.FromHeaders
                where header.Name.Length > 0
                select new Envoy.Extensions.Filters.Http.JwtAuthn.V3.JwtHeader { Name = header.Name, ValuePrefix = header.Prefix },
            },
            FromParams = { rule.FromParams },
            FromCookies = { rule.FromCookies },
            ClaimToHeaders = { rule.OutputClaimToHeaders.Select(static claim => new JwtClaimToHeader { HeaderName = claim.Header, ClaimName = claim.Claim }) },
        };
        SetKeys(provider, rule, isRefused, known);
        return provider;
    }

    private void SetKeys(JwtProvider provider, JwtRule rule, bool isRefused, IReadOnlyDictionary<KeySetSource, string> known)
    {
        if (isRefused)
        {
            provider.LocalJwks = Inline(UnavailableKey.KeySet);
        }
        else if (rule.Jwks.Length > 0)
        {
            provider.LocalJwks = Inline(rule.Jwks);
        }
        else if (rule.JwksUri.Length > 0 && ClusterOf(rule.JwksUri) is { } cluster)
        {
            // What is in the mesh is asked over the mesh, by the proxy itself.
            provider.RemoteJwks = new RemoteJwks
            {
                HttpUri = new HttpUri { Uri = rule.JwksUri, Cluster = cluster, Timeout = Durations.Of(rule.Timeout ?? DefaultTimeout) },
                CacheDuration = RemoteCacheDuration,
            };
        }
        else
        {
            bool isDiscovered = rule.JwksUri.Length == 0;
            var source = new KeySetSource(isDiscovered ? rule.Issuer : rule.JwksUri, isDiscovered, rule.Timeout ?? DefaultTimeout);
            KeySets.Add(source);
            provider.LocalJwks = Inline(known.GetValueOrDefault(source) ?? UnavailableKey.KeySet);
        }
    }

    private string? ClusterOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && services.Find(uri.Host, node.Namespace) is { } service && service.Ports.Any(port => port.Number == uri.Port)
            ? new ClusterName(uri.Port, "", service.Hostname).ToString()
            : null;

    private static DataSource Inline(string keys) => new() { InlineString = keys };
}
