using Tidegate.Pilot.Analysis;
using Tidegate.Pilot.Tests.Translation;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Analysis;

/// <summary>
/// Runs the folders of <c>tests/cases/analysis</c>: <c>input.yaml</c> goes in, the lines of <c>expected.txt</c> come out, as <c>tidegate analyze -A</c> writes them.
/// <c>TIDEGATE_REWRITE=1</c> writes what came out as what is expected; the difference is for reading, not for accepting.
/// </summary>
public sealed class AnalysisCaseTests
{
    private const string Folder = "analysis";
    private static readonly bool Rewrites = Environment.GetEnvironmentVariable("TIDEGATE_REWRITE") == "1";

    // When a certificate of one day, made in 2026, has run out.
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Cases =>
        [.. Directory.EnumerateDirectories(Path.Combine(TranslationCase.Root, Folder)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_finds_what_it_expects(string name)
    {
        string folder = Path.Combine(TranslationCase.Root, Folder, name);
        string found = string.Concat(Analyze(File.ReadAllText(Path.Combine(folder, "input.yaml"))).Messages.Select(message => Line(message) + "\n"));
        string expected = Path.Combine(folder, "expected.txt");
        if (Rewrites)
        {
            File.WriteAllText(expected, found);
        }

        Assert.Equal(File.ReadAllText(expected), found, ignoreLineEndingDifferences: true);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_order_of_documents_does_not_matter(string name)
    {
        string[] documents = File.ReadAllText(Path.Combine(TranslationCase.Root, Folder, name, "input.yaml")).Split("\n---\n");

        // Lines are others then.
        static IEnumerable<string> Texts(AnalysisResult result) => result.Messages.Select(message => Line(message with { Line = 0 })).Order();
        Assert.Equal(Texts(Analyze(string.Join("\n---\n", documents))), Texts(Analyze(string.Join("\n---\n", documents.Reverse()))));
    }

    [Fact]
    public void Every_code_has_a_case()
    {
        HashSet<string> shown = [.. Cases.SelectMany(row => File.ReadLines(Path.Combine(TranslationCase.Root, Folder, row.Data, "expected.txt"))).Select(line => line.Split('[', ']')[1])];

        // What only a running gateway knows is shown by GatewayAnalysisTests.
        Assert.Empty(MessageTypes.All.Select(type => type.Code).Except(shown).Except([MessageTypes.NoEndpoints.Code]));
    }

    private static AnalysisResult Analyze(string yaml) => ConfigurationAnalysis.OfFiles([("input.yaml", yaml)], new AnalysisSettings { Time = Now });

    private static string Line(Diagnostic message) => $"{message.Severity} [{message.Code}] ({message.Resource}{(message.Line > 0 ? $" :{message.Line}" : string.Empty)}) {message.Message}";
}
