using System.Text.Json;

namespace Tidegate.Tests.Commands;

/// <summary><c>tidegate analyze</c> of files (cli.md, 5).</summary>
public sealed class AnalyzeCommandTests
{
    private const string Bad = """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata:
          name: shop
        spec:
          hosts:
          - shop.test
          gateways:
          - missing
          http:
          - redirect:
              uri: /
        """;

    private const string Good = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{name: http, port: 80}]}}";
    private const string NotFound = "Error [IST0101] (VirtualService default/shop -:9) Referenced gateway not found: \"missing\"\n";
    private const string NotInGateway = "Warning [IST0132] (VirtualService default/shop -:9) one or more host [shop.test] defined in VirtualService default/shop not found in Gateway default/missing.\n";

    [Theory]
    [InlineData(79, NotFound + NotInGateway)]
    [InlineData(79, NotFound, "--output-threshold", "Error")]
    [InlineData(79, NotInGateway, "-S", "IST0101=VirtualService default/*", "--failure-threshold=warning")]
    [InlineData(0, NotInGateway, "-S", "IST0101=VirtualService *.default")]
    [InlineData(0, "\n", "-S", "IST0101=VirtualService default/shop", "-S", "IST0132=*")]
    [InlineData(0, "\n", "-n", "default", "--analyzer", "gateway.SecretAnalyzer")]
    public async Task Findings_are_lines_and_the_exit_code_tells_how_bad_they_are(int exitCode, string output, params string[] flags)
    {
        CommandRun run = await CommandRun.WithInputAsync(Bad, ["analyze", "--use-kube=false", "-", .. flags]);

        Assert.Equal((exitCode, output), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task An_error_is_told_at_the_end()
    {
        CommandRun run = await CommandRun.WithInputAsync(Bad, "analyze", "-");

        Assert.Equal(
            "Error: Analyzers found issues when analyzing namespace: default.\nSee https://istio.io/v1.30/docs/reference/config/analysis for more information about causes and resolutions.",
            run.Failed);
    }

    [Fact]
    public async Task Machines_get_the_findings_without_a_failure()
    {
        CommandRun json = await CommandRun.WithInputAsync(Bad, "analyze", "-A", "-", "-o", "json");
        CommandRun yaml = await CommandRun.WithInputAsync(Bad, "analyze", "-A", "-", "-o", "yaml");
        CommandRun none = await CommandRun.WithInputAsync(Good, "analyze", "-A", "-", "-o", "json");

        Assert.StartsWith(
            "[\n\t{\n\t\t\"code\": \"IST0101\",\n\t\t\"documentationUrl\": \"https://istio.io/v1.30/docs/reference/config/analysis/ist0101/?ref=istioctl-analyze\",\n\t\t\"level\": \"Error\",\n\t\t\"message\": \"Referenced gateway not found: \\\"missing\\\"\",\n\t\t\"origin\": \"VirtualService shop\",\n\t\t\"reference\": \"-:9\"\n\t},\n",
            json.Succeeded);
        Assert.Equal(2, JsonDocument.Parse(json.Output).RootElement.GetArrayLength());
        Assert.StartsWith("- code: IST0101\n  documentationUrl: ", yaml.Succeeded);
        Assert.Equal("[]\n", none.Succeeded);
    }

    [Fact]
    public async Task Colours_are_for_terminals_and_for_those_who_ask()
    {
        CommandRun run = await CommandRun.WithInputAsync(Bad, "analyze", "-", "--color");

        Assert.Contains("\u001b[1;31mError\u001b[0m [IST0101] ", run.Output);
        Assert.Contains("\u001b[33mWarning\u001b[0m [IST0132] ", run.Output);
    }

    [Fact]
    public async Task Nothing_to_say_is_said_with_what_was_looked_at()
    {
        CommandRun run = await CommandRun.WithInputAsync(Good, "analyze", "-");

        Assert.Equal((0, "\n", "✔ No validation issues found when analyzing -.\n"), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Findings_about_other_namespaces_are_counted()
    {
        CommandRun run = await CommandRun.WithInputAsync(Bad.Replace("name: shop", "{name: shop, namespace: prod}").Replace("metadata:\n  ", "metadata: "), "analyze", "-");

        Assert.Equal((0, "\n"), (run.ExitCode, run.Output));
        Assert.EndsWith("2 messages about other namespaces are not shown; -A shows all, -n NAMESPACE those of another one.\n", run.Errors);
    }

    [Fact]
    public async Task A_file_that_cannot_be_parsed_is_a_failure_of_its_own()
    {
        CommandRun run = await CommandRun.WithInputAsync("just text", "analyze", "-");
        CommandRun ignored = await CommandRun.WithInputAsync("just text", "analyze", "-", "--ignore-unknown");

        Assert.Equal(65, run.ExitCode);
        Assert.StartsWith("Error(s) adding files: 1 error occurred:\n\t* -:1: found a text, expected an object", run.Errors);
        Assert.EndsWith("Error: Some files couldn't be parsed.", run.Failed);
        Assert.Equal(0, ignored.ExitCode);
    }

    [Fact]
    public async Task Directories_are_read_with_all_below_them_and_other_files_are_named()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tidegate-test-");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "below"));
            File.WriteAllText(Path.Combine(folder.FullName, "below", "shop.yaml"), Bad);
            File.WriteAllText(Path.Combine(folder.FullName, "notes.txt"), "no manifest");

            CommandRun run = await CommandRun.OfAsync("analyze", "-R", folder.FullName);

            Assert.Equal(79, run.ExitCode);
            Assert.Contains($"(VirtualService default/shop {folder.FullName}/below/shop.yaml:9)", run.Output);
            Assert.StartsWith($"Skipping file {folder.FullName}/notes.txt, recognized file extensions are: [.json .yaml .yml]\n", run.Errors);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(64, "Error: invalid argument \"xml\" for --output: not a valid option for format\nRun \"tidegate analyze --help\" for usage.", "-o", "xml")]
    [InlineData(64, "Error: invalid argument \"bad\" for --failure-threshold: not a valid option, please choose from: [Info Warning Error]\nRun \"tidegate analyze --help\" for usage.", "--failure-threshold", "bad")]
    [InlineData(1, "Error: nonsense is not a valid suppression value. See tidegate analyze --help", "-S", "nonsense", "-")]
    [InlineData(1, "Error: stat /nowhere.yaml: no such file or directory", "/nowhere.yaml")]
    [InlineData(64, "Error: there is nothing to analyze: name files or directories, or ask the running gateway without --use-kube=false", "--use-kube=false")]
    public async Task A_wrong_command_line_is_told(int exitCode, string error, params string[] arguments)
    {
        CommandRun run = await CommandRun.OfAsync(["analyze", .. arguments]);

        Assert.Equal((exitCode, error), (run.ExitCode, run.Failed));
    }

    [Fact]
    public async Task Analyzers_can_be_listed()
    {
        string list = (await CommandRun.OfAsync("analyze", "-L")).Succeeded;

        Assert.Contains("* gateway.SecretAnalyzer:\n    Checks a gateway's referenced secrets for correctness\n", list);
    }
}
