using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation.SecurityPolicies;

/// <summary>What follows from a change of a SecurityPolicy, or of what it names: that, and nothing else, is another resource.</summary>
public sealed class SecurityPolicyMemoryTests
{
    private const string Objects = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: prod}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - {port: {number: 80, name: http, protocol: HTTP}, hosts: [web.test]}
          - {port: {number: 443, name: https, protocol: HTTPS}, hosts: [other.test], tls: {mode: SIMPLE, credentialName: a}}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: web, namespace: prod}
        spec: {hosts: [web.test], gateways: [edge], http: [{route: [{destination: {host: web}}]}]}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: other, namespace: prod}
        spec: {hosts: [other.test], gateways: [edge], http: [{route: [{destination: {host: web}}]}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: prod}
        spec: {ports: [{name: http, port: 80}]}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: keys, namespace: prod}
        data: {jwks: '{"keys":[{"kty":"oct","k":"KEY"}]}'}

        """;

    private const string Policy = """
        ---
        apiVersion: gateway.envoyproxy.io/v1alpha1
        kind: SecurityPolicy
        metadata: {name: web, namespace: prod}
        spec:
          targetRefs: [{group: networking.istio.io, kind: VirtualService, name: web}]
          jwt:
            providers:
            - {name: map, localJWKS: {type: ValueRef, valueRef: {name: keys}}}
            - {name: world, issuer: https://world.test, remoteJWKS: {uri: https://world.test/keys}}

        """;

    private readonly Translator _translator = new();

    [Fact]
    public void Only_what_serves_a_policy_has_its_filters()
    {
        TranslationResult result = Translate(Objects + Policy);

        Assert.Equal(["envoy.filters.http.jwt_authn/securitypolicy/prod/web"], PolicyFilters(result, "0.0.0.0_8080").Select(static filter => filter.Name));
        Assert.Empty(PolicyFilters(result, "0.0.0.0_8443"));
    }

    [Fact]
    public void A_change_of_what_a_policy_names_changes_the_listener_and_no_routes()
    {
        TranslationResult before = Translate(Objects + Policy);
        TranslationResult same = Translate(Objects + Policy);
        TranslationResult after = Translate(Objects.Replace("KEY", "b3RoZXI", StringComparison.Ordinal) + Policy);

        Assert.Empty(Changed(before, same));
        Assert.Equal(["0.0.0.0_8080"], Changed(before, after));
    }

    [Fact]
    public void A_policy_that_comes_and_goes_changes_its_routes_and_their_listener()
    {
        TranslationResult without = Translate(Objects);
        TranslationResult with = Translate(Objects + Policy);

        Assert.Equal(["0.0.0.0_8080", "http.8080"], Changed(without, with));
        Assert.Equal(["0.0.0.0_8080", "http.8080"], Changed(with, Translate(Objects)));
    }

    [Fact]
    public void A_change_of_routes_leaves_listeners_as_they_are()
    {
        TranslationResult before = Translate(Objects + Policy);

        Assert.Equal(["http.8080"], Changed(before, Translate(Objects.Replace("name: web, namespace: prod}\nspec: {hosts: [web.test]", "name: web, namespace: prod}\nspec: {hosts: [web.test, www.web.test]", StringComparison.Ordinal)
            .Replace("hosts: [web.test]}", "hosts: [web.test, www.web.test]}", StringComparison.Ordinal) + Policy)));
    }

    [Fact]
    public void Keys_of_the_world_are_asked_for_and_until_they_come_nobody_has_one()
    {
        TranslationResult result = Translate(Objects + Policy);
        var source = new KeySetSource("https://world.test/keys", IsDiscovered: false, TimeSpan.FromSeconds(10));
        Assert.Equal([source], result.KeySets);

        TranslationResult known = Translate(Objects + Policy, new Dictionary<KeySetSource, string> { [source] = "{\"keys\":[]}" });
        Assert.NotEqual("{\"keys\":[]}", KeysOf(result));
        Assert.Equal("{\"keys\":[]}", KeysOf(known));
        Assert.Equal([source], known.KeySets);
    }

    private static string KeysOf(TranslationResult result) =>
        Assert.Single(PolicyFilters(result, "0.0.0.0_8080")).TypedConfig.Unpack<JwtAuthentication>().Providers["world"].LocalJwks.InlineString;

    private static IEnumerable<HttpFilter> PolicyFilters(TranslationResult result, string listener) =>
        ((Listener)result.Resources.Single(resource => resource.Name.Name == listener).Message).FilterChains
            .SelectMany(static chain => chain.Filters[^1].TypedConfig.Unpack<HttpConnectionManager>().HttpFilters)
            .Where(static filter => filter.Name.Contains("/securitypolicy", StringComparison.Ordinal));

    // Listeners and route configurations that are not the same in both.
    private static IEnumerable<string> Changed(TranslationResult before, TranslationResult after)
    {
        static Dictionary<XdsName, string> Versions(TranslationResult result) =>
            result.Resources.Where(static resource => resource.Message is Listener or RouteConfiguration).ToDictionary(static resource => resource.Name, static resource => resource.Version);
        Dictionary<XdsName, string> old = Versions(before);
        return Versions(after).Where(pair => old.GetValueOrDefault(pair.Key) != pair.Value).Select(static pair => pair.Key.Name).Order(StringComparer.Ordinal);
    }

    private TranslationResult Translate(string yaml, IReadOnlyDictionary<KeySetSource, string>? keySets = null)
    {
        TranslationInput input = TranslationCase.InputOf(TranslationCase.Read(yaml), new CaseSettings());
        return _translator.Translate(keySets is null ? input : input with { KeySets = keySets });
    }
}
