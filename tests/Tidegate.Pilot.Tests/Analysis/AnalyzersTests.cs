using System.Text.RegularExpressions;
using Tidegate.Pilot.Analysis;
using Tidegate.Pilot.Tests.Translation;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Analysis;

/// <summary>What holds for all analyzers and their codes.</summary>
public sealed partial class AnalyzersTests
{
    [Fact]
    public void Each_code_is_explained_in_the_documentation_with_its_level()
    {
        string page = File.ReadAllText(Path.Combine(TranslationCase.Root, "..", "..", "docs", "analyze.md"));
        (string Code, string Level)[] rows = [.. Row().Matches(page).Select(match => (match.Groups["code"].Value, match.Groups["level"].Value))];

        Assert.Equal(MessageTypes.All.Select(type => (type.Code, type.Severity.ToString())), rows);
    }

    [Fact]
    public void Analyzers_have_names_of_their_own_in_order()
    {
        string[] names = [.. Analyzers.All.Select(analyzer => analyzer.Name)];

        Assert.Equal(names.Distinct().Order(StringComparer.Ordinal), names);
        Assert.Equal(names, ConfigurationAnalysis.Names.Select(analyzer => analyzer.Name));
    }

    [Fact]
    public void Only_the_named_analyzers_run_and_all_when_no_name_is_known()
    {
        const string gateway = "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: g}, spec: {selector: {app: nobody}}}";

        AnalysisResult one = Analyze(gateway, "gateway.IngressGatewayPortAnalyzer");
        AnalysisResult none = Analyze(gateway, "gateway.NoSuchAnalyzer");

        Assert.Equal(["gateway.IngressGatewayPortAnalyzer"], one.ExecutedAnalyzers);
        Assert.Equal(["IST0101"], one.Messages.Select(message => message.Code));
        Assert.True(none.ExecutedAnalyzers.Count > 20);
    }

    [Fact]
    public void Findings_are_told_once_and_the_worst_first()
    {
        AnalysisResult result = Analyze(File.ReadAllText(Path.Combine(TranslationCase.Root, "analysis", "IST0132-host-not-in-gateway", "input.yaml")));

        Assert.Equal(result.Messages.Distinct(), result.Messages);
        Assert.Equal(result.Messages.OrderByDescending(message => message.Severity), result.Messages);
        Assert.Contains(result.Messages, message => message.Severity == Severity.Error);
    }

    [Fact]
    public void Objects_of_Kubernetes_itself_are_nobody_s()
    {
        AnalysisResult result = Analyze("{apiVersion: v1, kind: Service, metadata: {name: dns, namespace: kube-system}, spec: {ports: [{port: 9999}]}}");

        Assert.Empty(result.Messages);
    }

    [Fact]
    public void What_is_no_object_is_a_parse_error_and_the_rest_is_analyzed()
    {
        AnalysisResult result = Analyze("just text\n---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 9999}]}}");

        Assert.Single(result.ParseErrors);
        Assert.Equal(["IST0118"], result.Messages.Select(message => message.Code));
    }

    private static AnalysisResult Analyze(string yaml, params string[] analyzers) =>
        ConfigurationAnalysis.OfFiles([("input.yaml", yaml)], new AnalysisSettings { Analyzers = analyzers });

    // | `IST0101` | Error | ...
    [GeneratedRegex(@"^\| `(?<code>[A-Za-z0-9-]+)` \| (?<level>\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
