using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>
/// The names that a service's certificates may have: the accounts that its endpoints run under and those that the service itself says, in every trust domain
/// of the mesh (Istio: <c>PushContext.ServiceAccounts</c>). With none of them any certificate of the mesh would do.
/// </summary>
internal static class PeerNames
{
    private const string SpiffePrefix = "spiffe://";
    private const string CanonicalAccountsAnnotation = "alpha.istio.io/canonical-serviceaccounts";
    private const string KubernetesAccountsAnnotation = "alpha.istio.io/kubernetes-serviceaccounts";

    /// <summary>The names, in order.</summary>
    public static IReadOnlyList<string> Of(MeshService service, ServiceEndpoints endpoints, MeshSettings mesh)
    {
        var names = new SortedSet<string>(service.SubjectAltNames, StringComparer.Ordinal);
        names.UnionWith(service.Sources.OfType<Service>().SelectMany(source => SaidBy(source, mesh)));
        names.UnionWith(endpoints.Accounts.Select(account => Identity(mesh.TrustDomain, account.Namespace, account.Name)));
        foreach (string name in names.ToArray())
        {
            names.UnionWith(mesh.TrustDomainAliases.Select(alias => InDomain(name, alias)).OfType<string>());
        }

        return [.. names];
    }

    private static IEnumerable<string> SaidBy(Service service, MeshSettings mesh) =>
        Items(service, CanonicalAccountsAnnotation)
            .Concat(Items(service, KubernetesAccountsAnnotation).Select(account => Identity(mesh.TrustDomain, service.Namespace, account)));

    private static string[] Items(Service service, string annotation) =>
        service.Metadata.Annotations.GetValueOrDefault(annotation) is { Length: > 0 } list ? list.Split(',') : [];

    // An @ would part the user from the host.
    private static string Identity(string trustDomain, string nameSpace, string account) =>
        $"{SpiffePrefix}{trustDomain.Replace('@', '.')}/ns/{nameSpace}/sa/{account}";

    // The same account in another trust domain; null for what is no account: a DNS name, or an identity of another form.
    private static string? InDomain(string name, string trustDomain)
    {
        string[] parts = name.StartsWith(SpiffePrefix, StringComparison.Ordinal) ? name[SpiffePrefix.Length..].Split('/') : [];
        return parts is [_, "ns", var nameSpace, "sa", var account] ? $"{SpiffePrefix}{trustDomain}/ns/{nameSpace}/sa/{account}" : null;
    }
}
