using System.Text.RegularExpressions;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Validation;

/// <summary>
/// Reads the manifests in <c>Validation/cases</c>. A comment <c>#! error: message</c> or <c>#! warning: message</c> on a line says what has to be
/// reported about that line; what is reported and not expected fails the test as well.
/// </summary>
public sealed partial class ValidationCaseTests
{
    public static TheoryData<string> Cases() =>
        [.. Directory.GetFiles(Root, "*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static string Root => Path.Combine(AppContext.BaseDirectory, "Validation", "cases");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_line_is_reported_as_its_comment_says(string name)
    {
        string text = File.ReadAllText(Path.Combine(Root, name));
        List<string> expected = [];
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            foreach (string comment in lines[i].Split("#! ").Skip(1))
            {
                expected.Add($"{i + 1}: {comment.Trim()}");
            }
        }

        Manifest manifest = new ManifestReader("default").Read(name, text);
        List<string> found = [.. manifest.Diagnostics
            .Where(diagnostic => diagnostic.Severity != Severity.Info)
            .Select(diagnostic => $"{diagnostic.Line}: {diagnostic.Severity.ToString().ToLowerInvariant()}: {GoText.Escape(diagnostic.Message)}")];
        Assert.True(
            expected.Order().SequenceEqual(found.Order()),
            $"missing:\n{string.Join('\n', expected.Except(found))}\nnot expected:\n{string.Join('\n', found.Except(expected))}");
    }

    [Fact]
    public void Every_field_of_every_object_is_known()
    {
        string text = File.ReadAllText(Path.Combine(Root, "every-field.yaml"));
        string snake = CamelHump().Replace(text, match => $"_{match.Value.ToLowerInvariant()}");
        Manifest camelCase = new ManifestReader("default").Read("every-field.yaml", text);
        Assert.All(camelCase.Diagnostics, diagnostic => Assert.Equal("not-yet-acted-on", diagnostic.Code));
        Assert.Equal(10, camelCase.Resources.Select(resource => resource.Kind).Distinct().Count());

        // protobuf's other spelling; Kubernetes' own kinds have only one.
        Manifest snakeCase = new ManifestReader("default").Read("every-field.yaml", snake.Replace("api_version", "apiVersion", StringComparison.Ordinal));
        Assert.DoesNotContain(
            snakeCase.Diagnostics.Where(diagnostic => diagnostic.Code != "not-yet-acted-on"),
            diagnostic => diagnostic.Resource!.Value.Kind is "Gateway" or "VirtualService" or "DestinationRule" or "ServiceEntry" or "WorkloadEntry");
    }

    // A capital inside a key: httpsRedirect.
    [GeneratedRegex("(?<=^[ -]*[a-z0-9][A-Za-z0-9]*)[A-Z](?=[A-Za-z0-9]*:)", RegexOptions.Multiline)]
    private static partial Regex CamelHump();
}
