using System.Text.RegularExpressions;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Architecture;

/// <summary>What can be seen from the sources alone: namespaces, file sizes, forbidden names.</summary>
public sealed partial class SourceLayoutTests
{
    private const int LongestFile = 600;

    private static readonly string[] ForbiddenSuffixes = ["Manager", "Helper", "Helpers", "Utils", "Util", "Base", "Impl"];

    public static TheoryData<string> Projects => [.. Directory.GetDirectories(Repository.PathOf("src")).Concat(Directory.GetDirectories(Repository.PathOf("tests")))
        .Select(folder => Path.GetRelativePath(Repository.Root, folder))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_namespace_is_its_folder(string project)
    {
        IEnumerable<string> wrong =
            from file in SourcesOf(project)
            let declared = NamespaceDeclaration().Match(File.ReadAllText(file)).Groups[1].Value
            let folder = Path.GetRelativePath(Repository.PathOf(Path.GetDirectoryName(project)!), Path.GetDirectoryName(file)!).Replace('/', '.')
            where declared.Length > 0 && declared != folder
            select $"{Path.GetRelativePath(Repository.Root, file)}: namespace {declared}, folder {folder}";

        Assert.Equal("", string.Join("\n", wrong));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_file_is_named_after_its_type_and_not_too_long(string project)
    {
        var wrong = new List<string>();
        foreach (string file in SourcesOf(project))
        {
            string name = Path.GetFileNameWithoutExtension(file).Split('.')[0];
            string text = File.ReadAllText(file);
            int lines = text.Count(c => c == '\n');
            if (lines > LongestFile)
            {
                wrong.Add($"{Path.GetRelativePath(Repository.Root, file)}: {lines} lines");
            }

            if (TypeDeclaration().Matches(text) is { Count: > 0 } types && types.All(type => type.Groups[1].Value != name))
            {
                wrong.Add($"{Path.GetRelativePath(Repository.Root, file)}: declares {types[0].Groups[1].Value}");
            }

            // The one manager that is the field's own word: Envoy's HTTP connection manager.
            if (ForbiddenSuffixes.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal)) && !name.EndsWith("HttpConnectionManager", StringComparison.Ordinal))
            {
                wrong.Add($"{Path.GetRelativePath(Repository.Root, file)}: the name says no role");
            }
        }

        Assert.Equal("", string.Join("\n", wrong));
    }

    /// <summary>What a build with the rules of .editorconfig does not find.</summary>
    [Theory]
    [MemberData(nameof(Projects))]
    public void A_file_ends_its_lines_and_orders_its_usings_in_one_way(string project)
    {
        var wrong = new List<string>();
        foreach (string file in SourcesOf(project))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (bytes.AsSpan().StartsWith("\uFEFF"u8) || bytes.Contains((byte)'\r') || bytes is not [.., (byte)'\n'])
            {
                wrong.Add($"{Path.GetRelativePath(Repository.Root, file)}: a byte order mark, a carriage return, or no line feed at the end");
            }

            string[] usings = [.. UsingDirective().Matches(File.ReadAllText(file)).Select(static match => match.Groups[1].Value)];
            if (!usings.SequenceEqual(usings.OrderBy(PlaceOfUsing, StringComparer.OrdinalIgnoreCase)))
            {
                wrong.Add($"{Path.GetRelativePath(Repository.Root, file)}: using directives are not in order");
            }
        }

        Assert.Equal("", string.Join("\n", wrong));
    }

    // Namespaces, then static ones, then aliases; System before the others; the dot before any letter.
    private static string PlaceOfUsing(string directive)
    {
        (int kind, string name) = directive.Contains('=', StringComparison.Ordinal) ? (2, directive)
            : directive.StartsWith("static ", StringComparison.Ordinal) ? (1, directive["static ".Length..])
            : (0, directive);
        int origin = name == "System" || name.StartsWith("System.", StringComparison.Ordinal) ? 0 : 1;
        return $"{kind}{origin}{name.Replace('.', '\u0001')}";
    }

    [Theory]
    [InlineData("NU1900")] // nobody can be asked: there is no network
    [InlineData("NU1901")]
    [InlineData("NU1902")]
    [InlineData("NU1903")]
    [InlineData("NU1904")]
    public void What_is_found_about_a_package_breaks_no_build(string code) =>
        Assert.Matches($"<WarningsNotAsErrors>[^<]*\\b{code}\\b", File.ReadAllText(Repository.PathOf("Directory.Build.props")));

    private static IEnumerable<string> SourcesOf(string project) =>
        Directory.EnumerateFiles(Repository.PathOf(project), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Repository.PathOf(project), file).Split('/').Any(part => part is "bin" or "obj" or "node_modules"));

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"^using ((?:static )?[\w.]+(?: = [^;]+)?);", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"^(?:(?:public|internal|file|static|sealed|abstract|readonly|ref|unsafe|partial) )+(?:class|struct|record struct|record|interface|enum|delegate \w+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();
}
