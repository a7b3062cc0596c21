using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Tidegate.Tests.Security;

/// <summary>A set of policies of decisions.yaml, with its requests.</summary>
/// <param name="Name">Its name.</param>
internal sealed record DecisionEntry(string Name)
{
    private static readonly Dictionary<string, DecisionEntry> Entries = Read();

    /// <summary>All sets by name.</summary>
    public static IReadOnlyDictionary<string, DecisionEntry> All => Entries;

    /// <summary>The policies, as manifests.</summary>
    public required IReadOnlyList<string> Policies { get; init; }

    /// <summary>The requests, each with the status that it gets.</summary>
    public required IReadOnlyList<(string Request, int Status)> Rows { get; init; }

    /// <summary>Whether tokens are looked at.</summary>
    public bool Tokens { get; init; }

    /// <summary>How paths are normalised.</summary>
    public string Path { get; init; } = "Base";

    /// <summary>How many proxies in front are believed.</summary>
    public int Hops { get; init; }

    private static Dictionary<string, DecisionEntry> Read()
    {
        var yaml = new YamlStream();
        using (StreamReader text = File.OpenText(System.IO.Path.Combine(AppContext.BaseDirectory, "decisions.yaml")))
        {
            yaml.Load(text);
        }

        return ((YamlSequenceNode)yaml.Documents[0].RootNode).Cast<YamlMappingNode>().Select(Read).ToDictionary(static entry => entry.Name);
    }

    private static DecisionEntry Read(YamlMappingNode entry) => new(Text(entry, "name", string.Empty))
    {
        Policies = [.. ((YamlSequenceNode)entry["policies"]).Cast<YamlMappingNode>().Select(Policy)],
        Rows = [.. ((YamlSequenceNode)entry["requests"]).Select(static row => Row(((YamlScalarNode)row).Value!))],
        Tokens = Text(entry, "tokens", "false") == "true",
        Path = Text(entry, "path", "Base"),
        Hops = int.Parse(Text(entry, "hops", "0"), CultureInfo.InvariantCulture),
    };

    private static (string Request, int Status) Row(string row)
    {
        int arrow = row.LastIndexOf(" -> ", StringComparison.Ordinal);
        return (row[..arrow], int.Parse(row[(arrow + 4)..], CultureInfo.InvariantCulture));
    }

    private static string Text(YamlMappingNode entry, string name, string otherwise) =>
        entry.Children.TryGetValue(name, out YamlNode? value) ? ((YamlScalarNode)value).Value! : otherwise;

    private static string Policy(YamlMappingNode spec, int index)
    {
        bool isDryRun = spec.Children.Remove("dryRun");
        var manifest = new YamlMappingNode
        {
            { "apiVersion", "security.istio.io/v1" },
            { "kind", "AuthorizationPolicy" },
            { "metadata", new YamlMappingNode { { "name", $"p{index}" }, { "namespace", "istio-system" } } },
            { "spec", spec },
        };
        if (isDryRun)
        {
            ((YamlMappingNode)manifest["metadata"]).Add("annotations", new YamlMappingNode { { "istio.io/dry-run", new YamlScalarNode("true") { Style = YamlDotNet.Core.ScalarStyle.DoubleQuoted } } });
        }

        var text = new StringWriter();
        new YamlStream(new YamlDocument(manifest)).Save(text, assignAnchors: false);
        return $"---\n{text.ToString().Replace("...", string.Empty, StringComparison.Ordinal)}\n";
    }
}
