using System.Text;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Rules.Expressions;
using Tidegate.Rules.Tokens;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a SecurityPolicy: the rules that Envoy Gateway's definition of the kind has, and its controller, as far as the object alone can tell.</summary>
internal static class SecurityPolicyValidation
{
    public static void Check(SecurityPolicy policy, Findings findings)
    {
        SecurityPolicySpec spec = policy.Spec;
        PolicyAttachmentValidation.Check(spec.Attachment, findings);
        if (spec.Cors is { } cors)
        {
            CheckCors(cors, findings);
        }

        if (spec.Attachment.MergeType is not null)
        {
            findings.Error("spec.mergeType", "policies are not merged: that of a route stands alone; say in it what the Gateway's says, and leave this out");
        }

        if (spec.ApiKeyAuth is { } keys)
        {
            CheckApiKeys(keys, policy, findings);
        }

        if (spec.BasicAuth is { } basic)
        {
            CheckObject(basic.Users, "Secret", "spec.basicAuth.users", policy, findings);
            CheckFieldName(basic.ForwardUsernameHeader, "spec.basicAuth.forwardUsernameHeader", findings);
        }

        if (spec.Jwt is { } jwt)
        {
            CheckJwt(jwt, policy, findings);
        }

        if (spec.Oidc is { } oidc)
        {
            OidcValidation.Check(oidc, policy, findings);
        }

        if (spec.ExtAuth is { } auth)
        {
            CheckExtAuth(auth, policy, findings);
        }

        if (spec.Authorization is { } authorization)
        {
            CheckAuthorization(authorization, spec, findings);
        }
    }

    private static void CheckCors(CorsSettings cors, Findings findings)
    {
        for (int i = 0; i < cors.AllowOrigins.Count; i++)
        {
            if (!OriginSyntax.IsOrigin(cors.AllowOrigins[i]))
            {
                findings.Error($"spec.cors.allowOrigins[{i}]", $"found {GoText.Quote(cors.AllowOrigins[i])}, expected *, or scheme://host or scheme://host:port with * for the host or its first part");
            }
        }

        CheckEach(cors.AllowMethods, "spec.cors.allowMethods", static value => FieldRules.IsToken(value) ? null : $"{GoText.Quote(value)} is no method", findings);
        CheckEach(cors.AllowHeaders, "spec.cors.allowHeaders", FieldRules.CheckName, findings);
        CheckEach(cors.ExposeHeaders, "spec.cors.exposeHeaders", FieldRules.CheckName, findings);
        if (cors.MaxAge is { } age && age < TimeSpan.Zero)
        {
            findings.Error("spec.cors.maxAge", "is negative");
        }
    }

    private static void CheckApiKeys(ApiKeyAuthSettings keys, SecurityPolicy policy, Findings findings)
    {
        if (keys.CredentialRefs.Count == 0)
        {
            findings.Error("spec.apiKeyAuth.credentialRefs", "a Secret with the clients' keys is needed");
        }

        for (int i = 0; i < keys.CredentialRefs.Count; i++)
        {
            CheckObject(keys.CredentialRefs[i], "Secret", $"spec.apiKeyAuth.credentialRefs[{i}]", policy, findings);
        }

        if (keys.ExtractFrom.Count == 0)
        {
            findings.Error("spec.apiKeyAuth.extractFrom", "is missing: where keys are looked for");
        }

        for (int i = 0; i < keys.ExtractFrom.Count; i++)
        {
            ApiKeySource source = keys.ExtractFrom[i];
            string field = $"spec.apiKeyAuth.extractFrom[{i}]";
            if (new[] { source.Headers, source.Params, source.Cookies }.Count(static list => list.Count > 0) != 1)
            {
                findings.Error(field, "exactly one of headers, params and cookies has to be given");
            }

            CheckEach(source.Headers, $"{field}.headers", FieldRules.CheckName, findings);
            CheckEach(source.Params, $"{field}.params", static value => value.Length == 0 ? "is empty" : null, findings);
            CheckEach(source.Cookies, $"{field}.cookies", static value => FieldRules.IsToken(value) ? null : $"{GoText.Quote(value)} is no name of a cookie", findings);
        }

        CheckFieldName(keys.ForwardClientIdHeader, "spec.apiKeyAuth.forwardClientIDHeader", findings);
    }

    private static void CheckJwt(JwtSettings jwt, SecurityPolicy policy, Findings findings)
    {
        if (jwt is { IsOptional: not null, FailOpen: not null })
        {
            findings.Error("spec.jwt.optional", "and failOpen cannot both be given: failOpen lets in requests without a token as well");
        }

        if (jwt.Providers.Count is 0 or > 16)
        {
            findings.Error("spec.jwt.providers", $"found {jwt.Providers.Count} providers, expected 1 to 16");
        }

        HashSet<string> names = [];
        for (int i = 0; i < jwt.Providers.Count; i++)
        {
            string field = $"spec.jwt.providers[{i}]";
            if (!names.Add(jwt.Providers[i].Name))
            {
                findings.Error($"{field}.name", $"{GoText.Quote(jwt.Providers[i].Name)} is there twice");
            }

            CheckProvider(jwt.Providers[i], field, policy, findings);
        }
    }

    private static void CheckProvider(JwtProviderSettings provider, string field, SecurityPolicy policy, Findings findings)
    {
        if (provider.Name.Length == 0)
        {
            findings.Error($"{field}.name", "is missing");
        }

        if (provider.Issuer.Contains(':') && !Uri.TryCreate(provider.Issuer, UriKind.Absolute, out _))
        {
            findings.Error($"{field}.issuer", $"{GoText.Quote(provider.Issuer)} has a colon and is no URI (RFC 7519, section 4.1.1)");
        }

        CheckEach(provider.Audiences, $"{field}.audiences", static value => value.Length == 0 ? "is empty" : null, findings);
        if (provider.RemoteJwks is null == provider.LocalJwks is null)
        {
            findings.Error($"{field}.{(provider.RemoteJwks is null ? "remoteJWKS" : "localJWKS")}", "exactly one of remoteJWKS and localJWKS has to be given");
        }

        if (provider.RemoteJwks is { } remote)
        {
            findings.Check($"{field}.remoteJWKS.uri", UrlSyntax.CheckHttp(remote.Uri));
            CheckBackends(remote.Backends, $"{field}.remoteJWKS.backendRefs", policy, findings);
            findings.Check($"{field}.remoteJWKS.cacheDuration", DurationRules.Check(remote.CacheDuration));
        }

        if (provider.LocalJwks is { } local)
        {
            if (local.IsReference ? local.ValueRef is null || local.Inline is not null : local.Inline is null || local.ValueRef is not null)
            {
                findings.Error($"{field}.localJWKS", local.IsReference ? "of type ValueRef needs valueRef, and no inline" : "of type Inline needs inline, and no valueRef");
            }

            if (local.ValueRef is not null)
            {
                CheckObject(local.ValueRef, "ConfigMap", $"{field}.localJWKS.valueRef", policy, findings);
            }

            if (local.Inline is { } inline && JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(inline), out string problem) is null)
            {
                findings.Error($"{field}.localJWKS.inline", $"jwks parse error: {problem}");
            }
        }

        for (int i = 0; i < provider.ClaimToHeaders.Count; i++)
        {
            findings.Check($"{field}.claimToHeaders[{i}].header", FieldRules.CheckName(provider.ClaimToHeaders[i].Header));
            if (provider.ClaimToHeaders[i].Claim.Length == 0)
            {
                findings.Error($"{field}.claimToHeaders[{i}].claim", "is missing");
            }
        }

        if (provider.RecomputeRoute && provider.ClaimToHeaders.Count == 0)
        {
            findings.Error($"{field}.recomputeRoute", "needs claimToHeaders: a route is chosen by fields");
        }

        IReadOnlyList<JwtHeader> headers = provider.ExtractFrom?.Headers ?? [];
        CheckEach([.. headers.Select(static header => header.Name)], $"{field}.extractFrom.headers", FieldRules.CheckName, findings);
    }

    private static void CheckExtAuth(ExtAuthSettings auth, SecurityPolicy policy, Findings findings)
    {
        const string Field = "spec.extAuth";
        if (auth.Grpc is null == auth.Http is null)
        {
            findings.Error(Field, "exactly one of grpc and http has to be given");
        }

        foreach ((AuthorizerSettings? authorizer, string name) in new[] { (auth.Grpc, "grpc"), (auth.Http, "http") })
        {
            if (authorizer is { Backends.Count: 0 })
            {
                findings.Error($"{Field}.{name}.backendRefs", "is missing: the service that is asked");
            }

            CheckBackends(authorizer?.Backends ?? [], $"{Field}.{name}.backendRefs", policy, findings);
            CheckEach(authorizer?.HeadersToBackend ?? [], $"{Field}.{name}.headersToBackend", FieldRules.CheckName, findings);
        }

        if (auth.Http?.Path is { Length: > 0 } path && path[0] != '/')
        {
            findings.Error($"{Field}.http.path", $"found {GoText.Quote(path)}, expected a path that begins with a slash");
        }

        CheckEach(auth.HeadersToExtAuth, $"{Field}.headersToExtAuth", FieldRules.CheckName, findings);
        findings.Check($"{Field}.timeout", DurationRules.Check(auth.Timeout));
        if (auth.MaxBodyBytes == 0)
        {
            findings.Error($"{Field}.bodyToExtAuth.maxRequestBytes", "must be 1 or more");
        }

        if (auth.StatusOnError is { } status && !(status is >= 400 and < 600 && StatusRules.CheckAnswer(status) is null))
        {
            findings.Error($"{Field}.statusOnError", $"found {status}, expected a status from 400 to 599");
        }

        for (int i = 0; i < auth.ContextExtensions.Count; i++)
        {
            ContextExtension extension = auth.ContextExtensions[i];
            if (extension.Name.Length == 0)
            {
                findings.Error($"{Field}.contextExtensions[{i}].name", "is missing");
            }

            if (extension.ValueRef is { Kind: "Secret" })
            {
                findings.Error($"{Field}.contextExtensions[{i}].valueRef.kind", "what is told to an authorizer stands in dumps of the configuration, where nothing of a Secret may be; take it from a ConfigMap");
            }
            else if (extension.ValueRef is { } reference)
            {
                CheckObject(reference, "ConfigMap", $"{Field}.contextExtensions[{i}].valueRef", policy, findings);
            }
        }
    }

    private static void CheckAuthorization(AuthorizationSettings authorization, SecurityPolicySpec spec, Findings findings)
    {
        for (int i = 0; i < authorization.Rules.Count; i++)
        {
            AuthorizationPolicyRule rule = authorization.Rules[i];
            string field = $"spec.authorization.rules[{i}]";
            if (rule.Principal is not { } principal)
            {
                findings.Error($"{field}.principal", "is missing: whom the rule is about");
                continue;
            }

            if (principal.ClientCidrs.Count + principal.Headers.Count == 0 && principal.Jwt is null)
            {
                findings.Error($"{field}.principal", "clientCIDRs, jwt or headers is needed");
            }

            CheckEach(principal.ClientCidrs, $"{field}.principal.clientCIDRs", AddressSyntax.CheckSubnet, findings);
            for (int j = 0; j < principal.Headers.Count; j++)
            {
                findings.Check($"{field}.principal.headers[{j}].name", FieldRules.CheckName(principal.Headers[j].Name));
                if (principal.Headers[j].Values.Count == 0)
                {
                    findings.Error($"{field}.principal.headers[{j}].values", "is empty");
                }
            }

            if (principal.Jwt is { } token)
            {
                CheckToken(token, $"{field}.principal.jwt", spec, findings);
            }

            if (rule.Operation is { } operation)
            {
                CheckOperation(operation, $"{field}.operation", findings);
            }
        }
    }

    private static void CheckToken(RuleToken token, string field, SecurityPolicySpec spec, Findings findings)
    {
        if (spec.Jwt?.Providers.All(provider => provider.Name != token.Provider) != false)
        {
            findings.Error($"{field}.provider", $"{GoText.Quote(token.Provider)} is no provider of spec.jwt");
        }

        if (token.Claims.Count + token.Scopes.Count == 0)
        {
            findings.Error(field, "claims or scopes is needed");
        }

        for (int i = 0; i < token.Claims.Count; i++)
        {
            if (token.Claims[i].Name.Split('.').Any(static part => part.Length == 0))
            {
                findings.Error($"{field}.claims[{i}].name", $"{GoText.Quote(token.Claims[i].Name)} is no name of a claim");
            }

            if (token.Claims[i].Values.Count == 0)
            {
                findings.Error($"{field}.claims[{i}].values", "is empty");
            }
        }

        CheckEach(token.Scopes, $"{field}.scopes", static value => value.Length == 0 ? "is empty" : null, findings);
    }

    private static void CheckOperation(RuleOperation operation, string field, Findings findings)
    {
        if (operation.Methods.Count == 0 && operation.Path is null)
        {
            findings.Error(field, "methods or path is needed");
        }

        CheckEach(operation.Methods, $"{field}.methods", static value => FieldRules.IsToken(value) ? null : $"{GoText.Quote(value)} is no method", findings);
        if (operation.Path is { Type: RulePathType.RegularExpression } expression)
        {
            findings.Check($"{field}.path.value", Re2Expression.Check(expression.Value));
        }
        else if (operation.Path is { } path && !path.Value.StartsWith('/'))
        {
            findings.Error($"{field}.path.value", $"found {GoText.Quote(path.Value)}, expected a path that begins with a slash");
        }
    }

    /// <summary>Checks services that are asked.</summary>
    public static void CheckBackends(IReadOnlyList<BackendReference> backends, string field, SecurityPolicy policy, Findings findings)
    {
        for (int i = 0; i < backends.Count; i++)
        {
            CheckObject(backends[i].Object, "Service", $"{field}[{i}]", policy, findings);
            if (backends[i].Port is not (>= 1 and <= 65535))
            {
                findings.Error($"{field}[{i}].port", "a port from 1 to 65535 is needed");
            }
        }
    }

    /// <summary>Checks the name of an object.</summary>
    public static void CheckObject(NamedObject? reference, string kind, string field, SecurityPolicy policy, Findings findings)
    {
        if (reference is null)
        {
            findings.Error(field, "is missing");
            return;
        }

        if (reference.Group.Length > 0 || reference.Kind != kind)
        {
            findings.Error($"{field}.kind", $"found {GoText.Quote(reference.Group.Length > 0 ? $"{reference.Group}/{reference.Kind}" : reference.Kind)}, expected {kind}");
        }

        if (reference.Name.Length == 0)
        {
            findings.Error($"{field}.name", "is missing");
        }

        if (reference.Namespace.Length > 0 && reference.Namespace != policy.Namespace)
        {
            findings.Error($"{field}.namespace", $"found {GoText.Quote(reference.Namespace)}: only objects of the policy's own namespace can be named");
        }
    }

    private static void CheckFieldName(string name, string field, Findings findings)
    {
        if (name.Length > 0)
        {
            findings.Check(field, FieldRules.IsChangeable(name) ? FieldRules.CheckName(name) : $"{GoText.Quote(name)} cannot be set");
        }
    }

    private static void CheckEach(IReadOnlyList<string> values, string field, Func<string, string?> check, Findings findings)
    {
        for (int i = 0; i < values.Count; i++)
        {
            findings.Check($"{field}[{i}]", check(values[i]));
        }
    }
}
