using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Http.Oauth2.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Pilot.Validation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>Values of Secrets that filters use: served under their names, and nothing else of the Secret.</summary>
public sealed class GenericSecretTests
{
    private const string Gateway = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: shop, namespace: istio-system}
        spec:
          selector: {istio: ingressgateway}
          servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
        ---

        """;

    private const string Secrets = """
        apiVersion: v1
        kind: Secret
        metadata: {name: oidc, namespace: istio-system}
        stringData: {client-secret: s3cr3t, hmac-secret: key-of-cookies, other: private, empty: ""}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: theirs, namespace: other}
        stringData: {client-secret: foreign}
        ---

        """;

    [Fact]
    public void What_a_filter_asks_for_is_served_alone_and_changes_alone()
    {
        string filter = Filter("kubernetes-generic://istio-system/oidc/client-secret", "kubernetes-generic://oidc/hmac-secret");
        var translator = new Translator();
        TranslationResult result = Translate(translator, Gateway + Secrets + filter);
        TranslationResult changed = Translate(translator, Gateway + Secrets.Replace("s3cr3t", "other", StringComparison.Ordinal) + filter);

        Assert.Empty(result.Diagnostics);
        Assert.Equal(
            [("kubernetes-generic://istio-system/oidc/client-secret", "s3cr3t"), ("kubernetes-generic://oidc/hmac-secret", "key-of-cookies")],
            result.Resources.Select(static resource => resource.Message).OfType<Secret>().Select(static secret => (secret.Name, secret.GenericSecret.Secret.InlineBytes.ToStringUtf8())));
        Assert.Equal(
            ["kubernetes-generic://istio-system/oidc/client-secret"],
            changed.Resources.Where(resource => !result.Resources.Any(before => before.Name == resource.Name && before.Version == resource.Version)).Select(static resource => resource.Name.Name));
    }

    [Theory]
    [InlineData("kubernetes-generic://oidc/missing", "secret istio-system/oidc has no value under \"missing\"; found: client-secret, hmac-secret, 2 others")]
    [InlineData("kubernetes-generic://oidc/empty", "has no value under \"empty\"")]
    [InlineData("kubernetes-generic://nobody/client-secret", "secret istio-system/nobody not found")]
    [InlineData("kubernetes-generic://theirs/client-secret", "there is Secret other/theirs, which is not in the gateway's namespace")]
    [InlineData("kubernetes-generic://other/theirs/client-secret", "secret other/theirs: cross namespace secret reference")]
    [InlineData("kubernetes-generic://oidc", "NAME/KEY or NAMESPACE/NAME/KEY is expected")]
    [InlineData("kubernetes-generic://a/b/c/d", "NAME/KEY or NAMESPACE/NAME/KEY is expected")]
    public void What_is_not_there_is_told_at_the_patch_and_no_value_with_it(string name, string expected)
    {
        TranslationResult result = Translate(new Translator(), Gateway + Secrets + Filter(name, "kubernetes-generic://oidc/hmac-secret"));

        Diagnostic diagnostic = Assert.Single(result.Diagnostics);
        Assert.Contains(expected, diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal("spec.configPatches[0].patch.value", diagnostic.Field);
        Assert.DoesNotContain("s3cr3t", diagnostic.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("private", diagnostic.ToString(), StringComparison.Ordinal);
        Assert.Single(result.Resources, static resource => resource.Message is Secret);
    }

    [Fact]
    public void Nobody_who_does_not_ask_gets_any() =>
        Assert.DoesNotContain(Translate(new Translator(), Gateway + Secrets).Resources, static resource => resource.Message is Secret);

    [Fact]
    public void A_name_is_read_as_it_is_written()
    {
        Assert.Equal("kubernetes-generic://a/b/c", new GenericSecretName("a", "b", "c").ToString());
        Assert.Equal(new GenericSecretName(null, "b", "c"), GenericSecretName.TryParse("kubernetes-generic://b/c"));
        Assert.Equal("kubernetes-generic://b/c", new GenericSecretName(null, "b", "c").ToReference().Name);
        Assert.Null(GenericSecretName.TryParse("kubernetes://b/c"));
        Assert.Null(GenericSecretName.TryParse("kubernetes-generic://b//c"));
    }

    [Fact]
    public void A_filter_with_all_of_its_fields_is_taken_as_it_is()
    {
        TranslationResult result = Translate(new Translator(), Gateway + Secrets + Filter("kubernetes-generic://oidc/client-secret", "kubernetes-generic://oidc/hmac-secret", """
            , stat_prefix: shop, forward_bearer_token: true, use_refresh_token: false, default_expires_in: 3600s, auth_scopes: [openid], resources: [a], auth_type: BASIC_AUTH,
              end_session_endpoint: "https://idp.test/out", post_logout_redirect_uri: {uri: "https://shop.test/"}, disable_id_token_set_cookie: true, csrf_token_expires_in: 60s,
              pass_through_matcher: [{name: ":path", string_match: {prefix: /free}}], deny_redirect_matcher: [{name: x-requested-with, present_match: true}],
              allow_failed_matcher: [{name: x, present_match: true}], allowed_redirect_domains: ["*.shop.test"], original_request_uri: "https://shop.test",
              retry_policy: {num_retries: 2, retry_back_off: {base_interval: 0.1s}}, cookie_configs: {bearer_token_cookie_config: {same_site: LAX, path: /a}},
              forward_id_token: {header: x-id}, code_verifier_token_expires_in: 60s, disable_token_encryption: true
            """));

        Assert.Empty(result.Diagnostics);
        Assert.Equal("x-id", FilterOf(result).TypedConfig.Unpack<OAuth2>().Config.ForwardIdToken.Header);
    }

    [Theory]
    [InlineData(", authorization_endpoint: nowhere", "authorization_endpoint")]
    [InlineData(", redirect_uri: \"%NO(%\"", "redirect_uri")]
    [InlineData(", auth_type: PRIVATE_KEY_JWT", "auth_type")]
    [InlineData(", private_key_jwt_config: {signing_algorithm: ES256}", "private_key_jwt_config")]
    [InlineData(", cookie_configs: {id_token_cookie_config: {path: shop}}", "path")]
    [InlineData(", nonsense: 1", "nonsense")]
    public void A_filter_that_cannot_be_used_is_told_and_closed(string field, string expected)
    {
        TranslationResult result = Translate(new Translator(), Gateway + Secrets + Filter("kubernetes-generic://oidc/client-secret", "kubernetes-generic://oidc/hmac-secret", field));

        Assert.Contains(result.Diagnostics, diagnostic => diagnostic.Severity == Severity.Error && diagnostic.Field.Contains(expected, StringComparison.Ordinal));
        Assert.Equal("envoy.extensions.filters.http.oauth2.v3.OAuth2", TypedStructs.TypeNameOf(FilterOf(result).TypedConfig)); // it is sent as it is written, and keeps all out
        Assert.False(FilterOf(result).TypedConfig.Is(OAuth2.Descriptor));
    }

    private static TranslationResult Translate(Translator translator, string manifests)
    {
        Manifest manifest = TranslationCase.Read(manifests);
        Assert.Empty(manifest.Diagnostics);
        return translator.Translate(new TranslationInput(ObjectSet.Of(manifest.Resources)));
    }

    private static HttpFilter FilterOf(TranslationResult result) => result.Resources.Select(static resource => resource.Message).OfType<Listener>().Single()
        .FilterChains[0].Filters[^1].TypedConfig.Unpack<HttpConnectionManager>().HttpFilters[0];

    private static string Filter(string token, string hmac, string more = "")
    {
        var fields = more.Contains("authorization_endpoint", StringComparison.Ordinal) ? "" : ", authorization_endpoint: \"https://idp.test/authorize\"";
        var redirect = more.Contains("redirect_uri: \"%NO", StringComparison.Ordinal) ? "" : ", redirect_uri: \"https://%REQ(:authority)%/callback\"";
        return $$$"""
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: login, namespace: istio-system}
            spec:
              configPatches:
              - applyTo: HTTP_FILTER
                match: {context: GATEWAY}
                patch:
                  operation: INSERT_FIRST
                  value:
                    name: envoy.filters.http.oauth2
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.oauth2.v3.OAuth2
                      config: {token_endpoint: {cluster: idp, uri: "https://idp.test/token", timeout: 5s},
                        redirect_path_matcher: {path: {exact: /callback} }, signout_path: {path: {exact: /signout} },
                        credentials: {client_id: shop, token_secret: {name: "{{{token}}}", sds_config: {ads: {} } }, hmac_secret: {name: "{{{hmac}}}", sds_config: {ads: {} } } }
                        {{{fields}}} {{{redirect}}} {{{more.ReplaceLineEndings(" ")}}} }
            """;
    }
}
