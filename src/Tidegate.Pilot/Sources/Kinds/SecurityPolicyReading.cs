using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads the spec of a SecurityPolicy (Envoy Gateway: <c>v1alpha1</c>). What of it this gateway does not do is an error: the policy keeps requests out.</summary>
internal static class SecurityPolicyReading
{
    /// <summary>Why backendSettings is refused.</summary>
    public const string DestinationRule = "is not supported: a DestinationRule tells how the gateway speaks to a service";

    public static SecurityPolicySpec Read(ObjectReader spec)
    {
        Refuse(spec, "csrf", "is not supported");
        return new SecurityPolicySpec
        {
            Attachment = PolicyAttachmentReading.Read(spec),
            Cors = spec.Object("cors", ReadCors),
            ApiKeyAuth = spec.Object("apiKeyAuth", ReadApiKeyAuth),
            BasicAuth = spec.Object("basicAuth", ReadBasicAuth),
            Jwt = spec.Object("jwt", ReadJwt),
            Oidc = spec.Object("oidc", OidcReading.Read),
            ExtAuth = spec.Object("extAuth", ReadExtAuth),
            Authorization = spec.Object("authorization", ReadAuthorization),
        };
    }

    private static CorsSettings ReadCors(ObjectReader cors) => new()
    {
        AllowOrigins = cors.Texts("allowOrigins"),
        AllowMethods = cors.Texts("allowMethods"),
        AllowHeaders = cors.Texts("allowHeaders"),
        ExposeHeaders = cors.Texts("exposeHeaders"),
        MaxAge = cors.Duration("maxAge"),
        AllowCredentials = cors.Flag("allowCredentials"),
    };

    private static ApiKeyAuthSettings ReadApiKeyAuth(ObjectReader keys) => new()
    {
        CredentialRefs = keys.Objects("credentialRefs", static reference => ReadReference(reference, "Secret")),
        ExtractFrom = keys.Objects("extractFrom", static from => new ApiKeySource(from.Texts("headers"), from.Texts("params"), from.Texts("cookies"))),
        ForwardClientIdHeader = keys.Text("forwardClientIDHeader"),
        Sanitize = keys.OptionalFlag("sanitize"),
    };

    private static BasicAuthSettings ReadBasicAuth(ObjectReader basic) => new()
    {
        Users = basic.Object("users", static reference => ReadReference(reference, "Secret")),
        ForwardUsernameHeader = basic.Text("forwardUsernameHeader"),
    };

    private static JwtSettings ReadJwt(ObjectReader jwt) => new()
    {
        IsOptional = jwt.OptionalFlag("optional"),
        FailOpen = jwt.OptionalFlag("failOpen"),
        Providers = jwt.Objects("providers", ReadProvider),
    };

    private static JwtProviderSettings ReadProvider(ObjectReader provider) => new()
    {
        Name = provider.Text("name"),
        Issuer = provider.Text("issuer"),
        Audiences = provider.Texts("audiences"),
        RemoteJwks = provider.Object("remoteJWKS", ReadRemoteJwks),
        LocalJwks = provider.Object("localJWKS", static local => new LocalJwksSettings(
            local.Enum("type", ("Inline", JwksType.Inline), ("ValueRef", JwksType.ValueRef)) == JwksType.ValueRef,
            local.OptionalText("inline"),
            local.Object("valueRef", static reference => ReadReference(reference, "ConfigMap")))),
        ClaimToHeaders = provider.Objects("claimToHeaders", static claim => new ClaimToHeader(claim.Text("header"), claim.Text("claim"))),
        RecomputeRoute = provider.Flag("recomputeRoute"),
        ExtractFrom = provider.Object("extractFrom", static from => new JwtExtractor(
            from.Objects("headers", static header => new JwtHeader(header.Text("name"), header.Text("valuePrefix"))), from.Texts("cookies"), from.Texts("params"))),
    };

    private static RemoteJwksSettings ReadRemoteJwks(ObjectReader remote)
    {
        Refuse(remote, "backendSettings", DestinationRule);
        Refuse(remote, "failedRefetchDuration", "is not supported: keys that could not be had are asked for again after a minute, and after more with each failure");
        return new RemoteJwksSettings(remote.Text("uri"), ReadBackends(remote), remote.Duration("cacheDuration"));
    }

    private static ExtAuthSettings ReadExtAuth(ObjectReader auth)
    {
        if (auth.Flag("includeRouteMetadata"))
        {
            auth.Error("includeRouteMetadata", "is not supported");
        }

        return new ExtAuthSettings
        {
            Grpc = auth.Object("grpc", static grpc => ReadAuthorizer(grpc)),
            Http = auth.Object("http", static http =>
            {
                Refuse(http, "pathOverride", "is not supported: path tells what the path of the question begins with");
                return ReadAuthorizer(http) with { Path = http.Text("path"), HeadersToBackend = http.Texts("headersToBackend") };
            }),
            HeadersToExtAuth = auth.Texts("headersToExtAuth"),
            MaxBodyBytes = auth.Object("bodyToExtAuth", static body => new Limit(body.Unsigned("maxRequestBytes")))?.Bytes,
            Timeout = auth.Duration("timeout"),
            FailOpen = auth.Flag("failOpen"),
            RecomputeRoute = auth.Flag("recomputeRoute"),
            ContextExtensions = auth.Objects("contextExtensions", ReadContextExtension),
            StatusOnError = auth.OptionalUnsigned("statusOnError"),
        };
    }

    private static AuthorizerSettings ReadAuthorizer(ObjectReader authorizer)
    {
        Refuse(authorizer, "backendSettings", DestinationRule);
        return new AuthorizerSettings { Backends = ReadBackends(authorizer) };
    }

    private static ContextExtension ReadContextExtension(ObjectReader extension)
    {
        string key = string.Empty;
        NamedObject? reference = extension.Object("valueRef", inner =>
        {
            key = inner.Text("key");
            return ReadReference(inner, string.Empty);
        });
        bool isReference = extension.Enum("type", ("Value", ExtensionType.Value), ("ValueRef", ExtensionType.ValueRef)) == ExtensionType.ValueRef;
        string? value = extension.OptionalText("value");
        if (isReference ? reference is null || value is not null : value is null || reference is not null)
        {
            extension.Error(string.Empty, isReference ? "of type ValueRef needs valueRef, and no value" : "of type Value needs value, and no valueRef");
        }

        return new ContextExtension(extension.Text("name"), value, reference, key);
    }

    private static AuthorizationSettings ReadAuthorization(ObjectReader authorization) => new()
    {
        Rules = authorization.Objects("rules", ReadRule),
        AllowsByDefault = authorization.Enum("defaultAction", ("Deny", RuleAction.Deny), ("Allow", RuleAction.Allow)) == RuleAction.Allow,
    };

    private static AuthorizationPolicyRule ReadRule(ObjectReader rule)
    {
        Refuse(rule, "cel", "is not supported");
        if (!rule.Has("action"))
        {
            rule.Error("action", "is missing");
        }

        return new AuthorizationPolicyRule
        {
            Name = rule.Text("name"),
            Allows = rule.Enum("action", ("Deny", RuleAction.Deny), ("Allow", RuleAction.Allow)) == RuleAction.Allow,
            Operation = rule.Object("operation", static operation => new RuleOperation(operation.Texts("methods"), operation.Object("path", ReadPath))),
            Principal = rule.Object("principal", ReadPrincipal),
        };
    }

    private static RulePath ReadPath(ObjectReader path) => new(
        path.Enum(
            "type",
            ("PathPrefix", RulePathType.PathPrefix),
            ("Exact", RulePathType.Exact),
            ("RegularExpression", RulePathType.RegularExpression)),
        path.Text("value"),
        path.Flag("invert"));

    private static RulePrincipal ReadPrincipal(ObjectReader principal)
    {
        Refuse(principal, "clientIPGeoLocations", "is not supported");
        return new RulePrincipal
        {
            ClientCidrs = principal.Texts("clientCIDRs"),
            Jwt = principal.Object("jwt", static jwt => new RuleToken(jwt.Text("provider"), jwt.Objects("claims", ReadClaim), jwt.Texts("scopes"))),
            Headers = principal.Objects("headers", static header => new RuleHeader(header.Text("name"), header.Texts("values"))),
        };
    }

    private static RuleClaim ReadClaim(ObjectReader claim) => new(
        claim.Text("name"),
        claim.Enum("valueType", ("String", ClaimType.String), ("StringArray", ClaimType.StringArray)) == ClaimType.StringArray,
        claim.Texts("values"));

    /// <summary>Reads <c>backendRefs</c>, and its older form.</summary>
    public static IReadOnlyList<BackendReference> ReadBackends(ObjectReader reader)
    {
        BackendReference? older = reader.Object("backendRef", ReadBackend);
        IReadOnlyList<BackendReference> backends = reader.Objects("backendRefs", ReadBackend);
        if (older is not null && backends.Count > 0)
        {
            reader.Error("backendRef", "is the older form of backendRefs, which is given as well");
        }
        else if (backends.Count > 1)
        {
            reader.Error("backendRefs", "only one service can be asked");
        }

        return older is null ? backends : [older];
    }

    private static BackendReference ReadBackend(ObjectReader backend)
    {
        backend.Ignore("weight"); // of one backend
        Refuse(backend, "fallback", "is not supported");
        return new BackendReference(ReadReference(backend, "Service"), backend.OptionalUnsigned("port"));
    }

    /// <summary>Reads the name of an object.</summary>
    public static NamedObject ReadReference(ObjectReader reference, string kind) =>
        new(reference.Text("group"), reference.OptionalText("kind") ?? kind, reference.Text("name"), reference.Text("namespace"));

    /// <summary>A field is known, and not done: the name would be said to be unknown.</summary>
    public static void Refuse(ObjectReader reader, string field, string message)
    {
        reader.Ignore(field);
        if (reader.Has(field))
        {
            reader.Error(field, message);
        }
    }

    private sealed record Limit(uint Bytes);

    private enum JwksType
    {
        Inline,
        ValueRef,
    }

    private enum ExtensionType
    {
        Value,
        ValueRef,
    }

    private enum RuleAction
    {
        Deny,
        Allow,
    }

    private enum ClaimType
    {
        String,
        StringArray,
    }
}
