using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Validation;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis;

/// <summary>
/// Finds what in a configuration does not work as it is written (cli.md, 5): a list of analyzers over all objects at one moment, with Istio's codes and words. It runs
/// over manifests without a gateway, and over the objects of a running one, apart from the path by which a change comes into force.
/// </summary>
public static class ConfigurationAnalysis
{
    private const string SuppressAnnotation = "galley.istio.io/analyze-suppress";

    /// <summary>The analyzers: what each is called, and what it checks.</summary>
    public static IReadOnlyList<(string Name, string Description)> Names { get; } =
        [.. Analyzers.All.Select(analyzer => (analyzer.Name, analyzer.Description)).OrderBy(analyzer => analyzer.Name, StringComparer.Ordinal)];

    /// <summary>Analyzes manifests.</summary>
    /// <param name="files">The files: what messages call each, and its text.</param>
    /// <param name="settings">How.</param>
    public static AnalysisResult OfFiles(IEnumerable<(string Name, string Text)> files, AnalysisSettings settings)
    {
        var reader = new ManifestReader(settings.DefaultNamespace);
        Manifest[] manifests = [.. files.Select(file => reader.Read(file.Name, file.Text))];
        Diagnostic[] reading = [.. manifests.SelectMany(manifest => manifest.Diagnostics).Where(diagnostic => !IsClusters(diagnostic.Resource?.Namespace))];
        Resource[] resources = [.. manifests.SelectMany(manifest => manifest.Resources).Where(resource => !IsClusters(resource.Namespace))];
        Resource[] broken = [.. manifests.SelectMany(manifest => manifest.Broken).Where(resource => !IsClusters(resource.Namespace))];
        ObjectSet valid = ObjectSet.Of(resources);
        ObjectSet all = ObjectSet.Of([.. broken, .. resources]);
        var snapshot = new AnalysisSnapshot(all, settings.Node, settings.Time)
        {
            Valid = valid,
            ReadingDiagnostics = [.. reading.Where(diagnostic => !IsParseError(diagnostic))],
            Mesh = settings.MeshText is { } text ? YamlReader.Read(text).FirstOrDefault()?.Root as YamlMapping : MeshOf(all),
        };
        Analyzer[] chosen = [.. Analyzers.All.Where(analyzer => analyzer.Scope != AnalyzerScope.Gateway && IsChosen(analyzer, settings.Analyzers))];
        return new AnalysisResult(Run(chosen, snapshot), [.. reading.Where(IsParseError)], [.. chosen.Select(analyzer => analyzer.Name)]);
    }

    /// <summary>Analyzes what a running gateway has in force. What it said when it read and translated its objects is not said again.</summary>
    /// <param name="objects">The objects in force, and of those that are refused what could be read.</param>
    /// <param name="node">The gateway.</param>
    /// <param name="endpointCounts">How many endpoints its clusters have.</param>
    /// <param name="time">What certificates are judged against.</param>
    internal static IReadOnlyList<Diagnostic> OfGateway(
        ObjectSet objects, ProxyNode node, IReadOnlyDictionary<ClusterName, int> endpointCounts, DateTimeOffset time) =>
        Run(
            Analyzers.All.Where(analyzer => analyzer.Scope != AnalyzerScope.Files),
            new AnalysisSnapshot(objects, node, time) { Valid = objects, EndpointCounts = endpointCounts, Mesh = MeshOf(objects) });

    /// <summary>The order in which findings are told, each once: the worst first, then by code, object and text.</summary>
    internal static IReadOnlyList<Diagnostic> InOrder(IEnumerable<Diagnostic> diagnostics) =>
    [
        .. diagnostics.Distinct()
            .OrderByDescending(diagnostic => diagnostic.Severity)
            .ThenBy(diagnostic => diagnostic.Code, StringComparer.Ordinal)
            .ThenBy(diagnostic => diagnostic.Resource is { } key ? $"{key.Kind}/{key.Name}/{key.Namespace}" : string.Empty, StringComparer.Ordinal)
            .ThenBy(diagnostic => diagnostic.Message, StringComparer.Ordinal)
            .ThenBy(diagnostic => diagnostic.Line),
    ];

    // No object could be made of the text.
    private static bool IsParseError(Diagnostic diagnostic) => diagnostic is { Resource: null, Severity: Severity.Error };

    // Kubernetes' own objects are nobody's here (cli.md, 5.2).
    private static bool IsClusters(string? nameSpace) => nameSpace is "kube-system" or "kube-public" or "kube-node-lease" or "local-path-storage";

    private static IReadOnlyList<Diagnostic> Run(IEnumerable<Analyzer> analyzers, AnalysisSnapshot snapshot)
    {
        var report = new AnalysisReport();
        foreach (Analyzer analyzer in analyzers)
        {
            analyzer.Analyze(snapshot, report);
        }

        return InOrder(WithoutSuppressed(report.Found, snapshot.Objects));
    }

    // An object may say itself which findings about it are not to be told.
    private static IEnumerable<Diagnostic> WithoutSuppressed(IReadOnlyList<Diagnostic> found, ObjectSet objects)
    {
        Dictionary<ResourceKey, string[]> suppressed = [];
        foreach (Resource resource in objects.Everything())
        {
            if (resource.Metadata.Annotations.TryGetValue(SuppressAnnotation, out string? codes))
            {
                suppressed[resource.Key] = codes.Split(',', StringSplitOptions.TrimEntries);
            }
        }

        return found.Where(diagnostic =>
            diagnostic.Resource is not { } key || !suppressed.TryGetValue(key, out string[]? codes) || !codes.Any(code => code == "*" || code == diagnostic.Code));
    }

    // Names that nobody knows choose nothing; when none is known, all run, as with istioctl.
    private static bool IsChosen(Analyzer analyzer, IReadOnlyList<string> names) =>
        !names.Any(name => Analyzers.All.Any(known => known.Name == name)) || names.Contains(analyzer.Name);

    // The mesh's configuration as it was written: a text in the ConfigMap, or a document of its own.
    private static YamlMapping? MeshOf(ObjectSet objects)
    {
        YamlMapping? root = objects.All<ConfigMap>()
            .Where(map => map.Name == ConfigMap.MeshName)
            .Select(map => (map.Origin as YamlOrigin)?.Root)
            .FirstOrDefault();
        YamlNode? mesh = YamlPath.Find(root, "data", "mesh") ?? root?["mesh"];
        return mesh is YamlScalar { Value: var text } ? YamlReader.Read(text).FirstOrDefault()?.Root as YamlMapping : mesh as YamlMapping;
    }
}

/// <summary>How manifests are analyzed.</summary>
public sealed record AnalysisSettings
{
    /// <summary>The namespace of objects that name none.</summary>
    public string DefaultNamespace { get; init; } = "default";

    /// <summary>The gateway that they are for.</summary>
    public ProxyNode Node { get; init; } = ProxyNode.IngressGateway;

    /// <summary>What certificates are judged against.</summary>
    public DateTimeOffset Time { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>The mesh's configuration as YAML, in place of what is among the objects; null takes that.</summary>
    public string? MeshText { get; init; }

    /// <summary>The analyzers to run; empty runs all.</summary>
    public IReadOnlyList<string> Analyzers { get; init; } = [];
}

/// <summary>What was found in manifests.</summary>
/// <param name="Messages">The findings in order.</param>
/// <param name="ParseErrors">What could not be read at all.</param>
/// <param name="ExecutedAnalyzers">The analyzers that ran.</param>
public sealed record AnalysisResult(IReadOnlyList<Diagnostic> Messages, IReadOnlyList<Diagnostic> ParseErrors, IReadOnlyList<string> ExecutedAnalyzers);
