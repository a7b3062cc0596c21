using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Analysis.Services;

/// <summary>Whether several ServiceEntries define a host and port with different protocols where both are seen.</summary>
internal static class ServiceEntryProtocolAnalyzer
{
    private const string Everywhere = "*";

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        ILookup<(string Scope, string Host, uint Port), (string Protocol, ServiceEntry Entry)> byPort = (
            from entry in snapshot.ServiceEntries
            from scope in ServiceHosts.Scopes(entry.Spec.ExportTo, entry.Namespace)
            from host in entry.Spec.Hosts
            from port in entry.Spec.Ports
            select (Key: (scope, host, port.Number), Value: (port.Protocol.ToUpperInvariant(), entry)))
            .ToLookup(pair => pair.Key, pair => pair.Value);
        HashSet<ServiceEntry> reported = new(ReferenceEqualityComparer.Instance);
        foreach (IGrouping<(string Scope, string Host, uint Port), (string Protocol, ServiceEntry Entry)> group in byPort)
        {
            (string scope, string host, uint port) = group.Key;
            (string Protocol, ServiceEntry Entry)[] seen = [.. group, .. scope == Everywhere ? [] : byPort[(Everywhere, host, port)]];
            string[] protocols = [.. seen.Select(pair => pair.Protocol).Distinct().Order(StringComparer.Ordinal)];
            if (protocols.Length < 2)
            {
                continue;
            }

            string names = string.Join(", ", seen.Select(pair => ObjectName.Of(pair.Entry)).Distinct().Order(StringComparer.Ordinal));
            foreach (ServiceEntry entry in seen.Select(pair => pair.Entry).Where(reported.Add))
            {
                report.Add(
                    MessageTypes.ConflictingProtocols,
                    entry,
                    "metadata.name",
                    $"Multiple ServiceEntries ({names}) define the same host {GoText.Quote(host)} and port {port} with conflicting protocols ({string.Join(", ", protocols)}).");
            }
        }
    }
}
