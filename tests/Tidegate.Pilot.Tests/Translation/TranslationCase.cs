using System.Text.Json;
using System.Text.Json.Serialization;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Features;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>
/// A folder <c>tests/cases/FEATURE/CASE</c>: <c>input.yaml</c> and perhaps <c>settings.json</c> go in, <c>expected.json</c> (the proto JSON
/// of what is emitted) and <c>diagnostics.txt</c> come out.
/// </summary>
internal sealed class TranslationCase(string folder)
{
    private static readonly JsonSerializerOptions SettingsFormat = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    public static string Root { get; } = Path.Combine(FindRepository(), "tests", "cases");

    /// <summary>The cases, as paths under <see cref="Root"/>.</summary>
    public static IEnumerable<string> All =>
        Directory.EnumerateFiles(Root, "input.yaml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, Path.GetDirectoryName(file)!).Replace('\\', '/'))
            .Where(folder => !folder.StartsWith("analysis/", StringComparison.Ordinal)) // those are not translated
            .Order(StringComparer.Ordinal);

    public string Folder { get; } = Path.Combine(Root, folder);

    public string ReadInput() => File.ReadAllText(Path.Combine(Folder, "input.yaml"));

    public CaseSettings ReadSettings()
    {
        var path = Path.Combine(Folder, "settings.json");
        return File.Exists(path) ? JsonSerializer.Deserialize<CaseSettings>(File.ReadAllText(path), SettingsFormat)! : new CaseSettings();
    }

    /// <summary>The objects of a manifest, and what reading said about them.</summary>
    public static Manifest Read(string yaml) => new ManifestReader("default").Read("input.yaml", yaml);

    public static TranslationInput InputOf(Manifest manifest, CaseSettings settings)
    {
        var endpoints = settings.Endpoints.Select(text =>
            EndpointOverride.TryParse(text, out var endpoint, out var error) ? endpoint! : throw new InvalidOperationException(error)).ToArray();
        // As the store does: what keeps requests out is in force also where it is refused.
        return new TranslationInput(ObjectSet.Of([.. manifest.Resources, .. manifest.Broken.Where(static resource => resource is IGuard)]))
        {
            Node = ProxyNode.IngressGateway with
            {
                Metadata = settings.Metadata,
                Namespace = settings.Namespace ?? ProxyNode.IngressGateway.Namespace,
                Locality = settings.Locality,
            },
            Mesh = settings.Mesh ?? MeshSettings.Default,
            Endpoints = endpoints,
            Features = settings.AllFeatures ? ProxyFeatures.All : ProxyFeatures.Tidegate,
        };
    }

    private static string FindRepository()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Tidegate.slnx")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("no Tidegate.slnx above the tests");
        }
        return directory;
    }
}

/// <summary>What a case's <c>settings.json</c> may say.</summary>
internal sealed record CaseSettings
{
    /// <summary>The mesh settings.</summary>
    public MeshSettings? Mesh { get; init; }

    /// <summary>Node metadata.</summary>
    public Dictionary<string, string> Metadata { get; init; } = [];

    /// <summary>The gateway's namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>Where the gateway is, <c>region/zone/subzone</c>.</summary>
    public string Locality { get; init; } = "";

    /// <summary>Values of <c>--endpoint</c>.</summary>
    public List<string> Endpoints { get; init; } = [];

    /// <summary>Translate as for a proxy that acts on everything.</summary>
    public bool AllFeatures { get; init; }

    /// <summary>Which kinds of resources the expected JSON has: <c>listeners</c>, <c>routes</c>, <c>clusters</c>, <c>endpoints</c>, <c>services</c>.</summary>
    public List<string> Show { get; init; } = ["listeners", "routes", "clusters", "endpoints"];
}
