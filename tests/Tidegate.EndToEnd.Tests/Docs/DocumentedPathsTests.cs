using System.Text.RegularExpressions;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Docs;

/// <summary>A path that a document names exists.</summary>
public sealed partial class DocumentedPathsTests
{
    public static TheoryData<string> Documents =>
        [.. Directory.GetFiles(Repository.Root, "*.md").Concat(Directory.GetFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.GetFiles(Repository.PathOf("samples"), "*.md", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Root, file))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_path_in_a_document_exists(string document)
    {
        string text = File.ReadAllText(Repository.PathOf(document));
        string folder = Path.GetDirectoryName(Repository.PathOf(document))!;
        IEnumerable<string> links = MarkdownLink().Matches(text).Select(match => match.Groups[1].Value)
            .Where(link => !link.Contains("://", StringComparison.Ordinal))
            .Where(link => !Path.Exists(Path.Combine(folder, link)));
        IEnumerable<string> paths = RepositoryPath().Matches(text).Select(match => match.Value.TrimEnd('.', '/', ','))
            .Where(path => !Path.Exists(Repository.PathOf(path)));

        Assert.Equal("", string.Join("\n", links.Concat(paths).Distinct()));
    }

    // [text](target#anchor), without pure anchors.
    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex MarkdownLink();

    // A path from the root: src/..., docs/..., up to white space or punctuation that ends a path.
    [GeneratedRegex(@"(?<![\w/.])(?:src|tests|bench|samples|docs)/[\w./-]*")]
    private static partial Regex RepositoryPath();
}
