using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads the specs of AuthorizationPolicies and RequestAuthentications (Istio: <c>security/v1beta1</c>).</summary>
internal static class SecurityReading
{
    public static AuthorizationPolicySpec ReadAuthorization(ObjectReader spec) => new()
    {
        Targets = ReadTargets(spec),
        Action = spec.Enum(
            "action",
            ("ALLOW", AuthorizationAction.Allow),
            ("DENY", AuthorizationAction.Deny),
            ("AUDIT", AuthorizationAction.Audit),
            ("CUSTOM", AuthorizationAction.Custom)),
        Provider = spec.Object("provider", provider => new Named(provider.Text("name")))?.Name,
        Rules = spec.Objects("rules", ReadRule),
    };

    public static RequestAuthenticationSpec ReadAuthentication(ObjectReader spec) => new()
    {
        Targets = ReadTargets(spec),
        JwtRules = spec.Objects("jwtRules", ReadJwtRule),
    };

    private static PolicyTargets ReadTargets(ObjectReader spec)
    {
        PolicyTargetReference? single = spec.Object("targetRef", ReadReference);
        IReadOnlyList<PolicyTargetReference> several = spec.Objects("targetRefs", ReadReference);
        return new PolicyTargets
        {
            Selector = spec.Object("selector", selector => new Labels(selector.Map("matchLabels")))?.Map,
            References = single is null ? several : [single, .. several],
        };
    }

    private static PolicyTargetReference ReadReference(ObjectReader reference) =>
        new(reference.Text("group"), reference.Text("kind"), reference.Text("name"), reference.Text("namespace"));

    private static AuthorizationRule ReadRule(ObjectReader rule) => new()
    {
        From = [.. rule.Objects("from", from => new Entry<AuthorizationSource>(from.Object("source", ReadSource))).Select(entry => entry.Value)],
        To = [.. rule.Objects("to", to => new Entry<AuthorizationOperation>(to.Object("operation", ReadOperation))).Select(entry => entry.Value)],
        When = rule.Objects("when", when => new AuthorizationCondition(when.Text("key"), new AuthorizationValues(when.Texts("values"), when.Texts("notValues")))),
    };

    private static AuthorizationSource ReadSource(ObjectReader source) => new()
    {
        Principals = Values(source, "principals", "notPrincipals"),
        RequestPrincipals = Values(source, "requestPrincipals", "notRequestPrincipals"),
        Namespaces = Values(source, "namespaces", "notNamespaces"),
        ServiceAccounts = Values(source, "serviceAccounts", "notServiceAccounts"),
        TrustDomains = Values(source, "trustDomains", "notTrustDomains"),
        IpBlocks = Values(source, "ipBlocks", "notIpBlocks"),
        RemoteIpBlocks = Values(source, "remoteIpBlocks", "notRemoteIpBlocks"),
    };

    private static AuthorizationOperation ReadOperation(ObjectReader operation) => new()
    {
        Hosts = Values(operation, "hosts", "notHosts"),
        Ports = Values(operation, "ports", "notPorts"),
        Methods = Values(operation, "methods", "notMethods"),
        Paths = Values(operation, "paths", "notPaths"),
    };

    private static AuthorizationValues Values(ObjectReader reader, string field, string notField)
    {
        IReadOnlyList<string> values = reader.Texts(field);
        IReadOnlyList<string> notValues = reader.Texts(notField);
        return values.Count == 0 && notValues.Count == 0 ? AuthorizationValues.None : new AuthorizationValues(values, notValues);
    }

    private static JwtRule ReadJwtRule(ObjectReader rule) => new()
    {
        Issuer = rule.Text("issuer"),
        Audiences = rule.Texts("audiences"),
        JwksUri = rule.Text("jwksUri"),
        Jwks = rule.Text("jwks"),
        FromHeaders = rule.Objects("fromHeaders", header => new JwtHeader(header.Text("name"), header.Text("prefix"))),
        FromParams = rule.Texts("fromParams"),
        FromCookies = rule.Texts("fromCookies"),
        OutputPayloadToHeader = rule.Text("outputPayloadToHeader"),
        OutputClaimToHeaders = rule.Objects("outputClaimToHeaders", claim => new ClaimToHeader(claim.Text("header"), claim.Text("claim"))),
        ForwardOriginalToken = rule.Flag("forwardOriginalToken"),
        Timeout = rule.Duration("timeout"),
        SpaceDelimitedClaims = rule.Texts("spaceDelimitedClaims"),
    };

    private sealed record Named(string Name);

    private sealed record Labels(IReadOnlyDictionary<string, string> Map);

    private sealed record Entry<T>(T? Value);
}
