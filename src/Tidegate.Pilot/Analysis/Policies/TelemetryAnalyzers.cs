using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis.Policies;

/// <summary>Whether Telemetry objects apply to something, to one workload each, and name providers that there are.</summary>
internal static class TelemetryAnalyzers
{
    private const string Kind = "Telemetry";

    /// <summary>Logging without a provider, where the mesh has none by default.</summary>
    public static void AnalyzeProviders(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        if (YamlPath.Find(snapshot.Mesh, "defaultProviders", "accessLogging").Items().Count > 0)
        {
            return;
        }

        foreach (ForeignObject telemetry in snapshot.Foreign(Kind))
        {
            if (telemetry.At("spec", "accessLogging").Items().Any(logging => YamlPath.Find(logging, "disabled").Text() != "true" && YamlPath.Find(logging, "providers").Items().Count == 0))
            {
                report.Add(
                    MessageTypes.InvalidTelemetryProvider,
                    telemetry,
                    string.Empty,
                    $"The Telemetry {telemetry.Name} in namespace {GoText.Quote(telemetry.Namespace)} with empty providers will be ignored.");
            }
        }
    }

    /// <summary>Tracing by a provider that is going away.</summary>
    public static void AnalyzeLightstep(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        HashSet<string> providers =
        [
            .. YamlPath.Find(snapshot.Mesh, "extensionProviders").Items()
                .Where(provider => YamlPath.Find(provider, "lightstep") is not null)
                .Select(provider => YamlPath.Find(provider, "name").Text()),
        ];
        foreach (ForeignObject telemetry in providers.Count == 0 ? [] : snapshot.Foreign(Kind))
        {
            foreach (string name in telemetry.At("spec", "tracing").Items()
                .SelectMany(tracing => YamlPath.Find(tracing, "providers").Items())
                .Select(provider => YamlPath.Find(provider, "name").Text())
                .Where(providers.Contains))
            {
                report.Add(
                    MessageTypes.Deprecated,
                    telemetry,
                    string.Empty,
                    $"Deprecated: The Lightstep provider {name} is deprecated, please migrate to OpenTelemetry provider.");
            }
        }
    }

    /// <summary>Several for one pod, or one for none.</summary>
    public static void AnalyzeSelectors(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        Dictionary<Workload, List<ForeignObject>> byWorkload = [];
        foreach (ForeignObject telemetry in snapshot.Foreign(Kind))
        {
            IReadOnlyDictionary<string, string> selector = telemetry.At("spec", "selector", "matchLabels").Map();
            Workload[] selected = [.. snapshot.Workloads.Where(workload => workload.Namespace == telemetry.Namespace && workload.IsSelectedBy(selector))];
            if (selector.Count > 0 && selected.Length == 0)
            {
                report.AddNotFound(telemetry, Workload.FieldOf("spec.selector.matchLabels", selector), "selector", Workload.Text(selector));
            }

            foreach (Workload workload in selector.Count > 0 ? selected : [])
            {
                (byWorkload.TryGetValue(workload, out List<ForeignObject>? list) ? list : byWorkload[workload] = []).Add(telemetry);
            }
        }

        foreach ((Workload workload, List<ForeignObject> sharing) in byWorkload.Where(pair => pair.Value.Count > 1))
        {
            foreach (ForeignObject telemetry in sharing)
            {
                report.Add(
                    MessageTypes.ConflictingTelemetries,
                    telemetry,
                    "metadata.name",
                    $"The Telemetries {NamesOf(sharing)} in namespace {GoText.Quote(workload.Namespace)} select the same workload pod {GoText.Quote(workload.Name)}, which can lead to undefined behavior.");
            }
        }
    }

    /// <summary>Several for a whole namespace.</summary>
    public static void AnalyzeDefaults(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (IGrouping<string, ForeignObject> group in snapshot.Foreign(Kind).Where(telemetry => telemetry.At("spec", "selector") is not YamlMapping).GroupBy(telemetry => telemetry.Namespace))
        {
            ForeignObject[] sharing = [.. group];
            foreach (ForeignObject telemetry in sharing.Length > 1 ? sharing : [])
            {
                report.Add(
                    MessageTypes.SeveralTelemetries,
                    telemetry,
                    string.Empty,
                    $"The Telemetries {NamesOf(sharing)} in namespace {GoText.Quote(group.Key)} have no workload selector, which can lead to undefined behavior.");
            }
        }
    }

    private static string NamesOf(IEnumerable<ForeignObject> telemetries) =>
        $"[{string.Join(' ', telemetries.Select(telemetry => telemetry.Name).Order(StringComparer.Ordinal))}]";
}
