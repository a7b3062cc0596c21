using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation;

namespace Tidegate.Pilot.Analysis;

/// <summary>
/// The hosts that Services and ServiceEntries define, with the namespaces that see them, looked up as Istio's analyzers do
/// (<c>pkg/config/analysis/analyzers/util/service_lookup.go</c>).
/// </summary>
internal sealed class ServiceHosts
{
    private const string Everywhere = "*";
    private const string ExportToAnnotation = "networking.istio.io/exportTo";

    private readonly Dictionary<(string Scope, string Host), ServiceHost> _byHost = [];
    private readonly List<(string Scope, string Host, ServiceHost Service)> _wildcards = [];
    private readonly string _domainSuffix;

    public ServiceHosts(AnalysisSnapshot snapshot)
    {
        _domainSuffix = snapshot.Node.DomainSuffix;
        foreach (ServiceEntry entry in snapshot.ServiceEntries)
        {
            var service = new ServiceHost([.. entry.Spec.Ports.Select(port => (int)port.Number)], entry.Spec.WorkloadSelector ?? ResourceMetadata.NoEntries, entry);
            foreach (string host in entry.Spec.Hosts)
            {
                Add(Scopes(entry.Spec.ExportTo, entry.Namespace), Expand(host, entry.Namespace), service);
            }
        }

        foreach (Service service in snapshot.Services)
        {
            string[] exportTo = (service.Metadata.Annotations.GetValueOrDefault(ExportToAnnotation) ?? string.Empty)
                .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            Add(
                Scopes(exportTo, service.Namespace),
                Expand(service.Name, service.Namespace),
                new ServiceHost([.. service.Spec.Ports.Select(port => port.Port)], service.Spec.Selector, service));
        }

        _wildcards.AddRange(_byHost
            .Where(pair => HostNames.IsWildcard(pair.Key.Host))
            .OrderBy(pair => pair.Key.Host, StringComparer.Ordinal)
            .Select(pair => (pair.Key.Scope, pair.Key.Host, pair.Value)));
    }

    /// <summary>The service of a host as an object of that namespace writes it; null when nobody defines one that it sees.</summary>
    /// <param name="host">The host, perhaps without its domain.</param>
    /// <param name="nameSpace">The object's namespace.</param>
    /// <param name="exportTo">Where the object is exported to: Istio takes what is visible there as visible for the object.</param>
    public ServiceHost? Find(string host, string nameSpace, IReadOnlyList<string> exportTo)
    {
        string full = Expand(host, nameSpace);
        if (_byHost.TryGetValue((Everywhere, full), out ServiceHost? service))
        {
            return service;
        }

        foreach (string scope in exportTo.Count == 0 ? [nameSpace] : exportTo.Select(to => to == "." ? nameSpace : to))
        {
            if (_byHost.TryGetValue((scope, full), out service))
            {
                return service;
            }
        }

        string suffix = host.TrimStart('*');
        return _wildcards.FirstOrDefault(wildcard =>
            (wildcard.Scope == Everywhere || wildcard.Scope == nameSpace) && suffix.EndsWith(wildcard.Host[1..], StringComparison.Ordinal)).Service;
    }

    /// <summary>The namespace and name that a host stands for, by which subsets are matched with rules: a full name of a Service says both.</summary>
    public static (string Namespace, string Name) NameOf(string host, string nameSpace)
    {
        const string domain = ".svc.cluster.local";
        string[] parts = host.EndsWith(domain, StringComparison.Ordinal) ? host[..^domain.Length].Split('.') : [];
        return parts.Length >= 2 && parts.All(part => part.Length > 0) ? (parts[^1], string.Join('.', parts[..^1])) : (nameSpace, host);
    }

    /// <summary>The namespaces that an object is visible in: <c>*</c> is all of them.</summary>
    public static IReadOnlyList<string> Scopes(IReadOnlyList<string> exportTo, string nameSpace) =>
        exportTo.Count == 0 || exportTo.Contains(Everywhere) ? [Everywhere] : [.. exportTo.Select(to => to == "." ? nameSpace : to).Distinct()];

    /// <summary>A host with its domain, unless it has one or is a wildcard.</summary>
    public static string Expand(string host, string nameSpace, string domainSuffix) =>
        HostNames.IsWildcard(host) || host.Contains('.', StringComparison.Ordinal) ? host : $"{host}.{nameSpace}.svc.{domainSuffix}";

    private string Expand(string host, string nameSpace) => Expand(host, nameSpace, _domainSuffix);

    private void Add(IEnumerable<string> scopes, string host, ServiceHost service)
    {
        foreach (string scope in scopes)
        {
            _byHost[(scope, host)] = service;
        }
    }
}

/// <summary>What is known of a host.</summary>
/// <param name="Ports">The numbers of its ports.</param>
/// <param name="Selector">The labels of its workloads.</param>
/// <param name="Source">The object that defines it.</param>
internal sealed record ServiceHost(IReadOnlyList<int> Ports, IReadOnlyDictionary<string, string> Selector, Resource Source);
