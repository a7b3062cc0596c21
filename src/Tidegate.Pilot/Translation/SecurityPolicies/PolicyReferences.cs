using Tidegate.Pilot.Resources.SecurityPolicies;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary>What a policy names: of that its filters are made.</summary>
internal static class PolicyReferences
{
    /// <summary>Everything that the filters of a policy follow from besides itself, for comparison: what is not there counts as well.</summary>
    public static IEnumerable<object?> Of(SecurityPolicySpec spec, PolicyObjects named, object services, object keySets)
    {
        foreach (NamedObject reference in Secrets(spec))
        {
            yield return named.Secret(reference);
        }

        foreach (NamedObject reference in ConfigMaps(spec))
        {
            yield return named.ConfigMap(reference);
        }

        if (spec.Oidc is not null)
        {
            yield return named.Providers;
        }

        if (spec.ExtAuth is not null || spec.Jwt is not null || spec.Oidc is not null)
        {
            yield return services;
            yield return keySets;
        }
    }

    private static IEnumerable<NamedObject> Secrets(SecurityPolicySpec spec) => Extensions(spec).Where(static reference => reference.Kind == "Secret")
        .Concat(spec.Oidc?.ClientIdRef is { } id ? [id] : [])
        .Concat(spec.ApiKeyAuth?.CredentialRefs ?? [])
        .Concat(new[] { spec.BasicAuth?.Users }.OfType<NamedObject>());

    private static IEnumerable<NamedObject> ConfigMaps(SecurityPolicySpec spec) => (spec.Jwt?.Providers ?? [])
        .Select(static provider => provider.LocalJwks?.ValueRef)
        .OfType<NamedObject>()
        .Concat(Extensions(spec).Where(static reference => reference.Kind != "Secret"));

    private static IEnumerable<NamedObject> Extensions(SecurityPolicySpec spec) =>
        (spec.ExtAuth?.ContextExtensions ?? []).Select(static extension => extension.ValueRef).OfType<NamedObject>();
}
