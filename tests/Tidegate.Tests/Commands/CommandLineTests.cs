namespace Tidegate.Tests.Commands;

/// <summary>Errors, exit codes and help (cli.md, 0.3).</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData(64, "Error: unknown flag: --colour\nRun \"tidegate proxy-config listener --help\" for usage.", "pc", "l", "--colour=red")]
    [InlineData(64, "Error: unknown shorthand flag: 'z' in -z\nRun \"tidegate proxy-config listener --help\" for usage.", "pc", "l", "-z")]
    [InlineData(64, "Error: unknown command \"listner\" for \"tidegate proxy-config\"\nRun \"tidegate proxy-config --help\" for usage.", "pc", "listner")]
    [InlineData(64, "Error: invalid argument \"x\" for --port: it is no whole number\nRun \"tidegate proxy-config listener --help\" for usage.", "pc", "l", "--port", "x")]
    [InlineData(64, "Error: flag needs an argument: -o\nRun \"tidegate proxy-config route --help\" for usage.", "pc", "r", "a", "-o")]
    [InlineData(1, "Error: output format \"xml\" not supported", "pc", "r", "a", "-o", "xml")]
    [InlineData(1, "Error: port number 70000 must be in the range 1..65535", "pc", "r", "a", "--proxy-admin-port", "70000")]
    [InlineData(1, "Error: open /nowhere.json: no such file or directory", "pc", "r", "-f", "/nowhere.json")]
    public async Task A_mistake_is_told(int exitCode, string error, params string[] arguments)
    {
        CommandRun run = await CommandRun.OfAsync(arguments);

        Assert.Equal(error, run.Failed);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("listener", "listener")]
    [InlineData("endpoint", "endpoints")]
    [InlineData("all", "all")]
    public async Task Without_a_target_the_usage_is_shown(string what, string subject)
    {
        CommandRun none = await CommandRun.OfAsync("pc", what);
        CommandRun both = await CommandRun.OfAsync("pc", what, "deploy/istio-ingressgateway", "-f", "dump.json");

        Assert.StartsWith($"Usage:\n  tidegate proxy-config {what} [TYPE/]NAME[.NAMESPACE] [flags]\n", none.Failed);
        Assert.EndsWith($"Error: {subject} requires pod name or --file parameter", none.Failed);
        Assert.Equal(none.Failed, both.Failed);
    }

    [Theory]
    [InlineData("not json", "error unmarshalling config dump response from Envoy: ")]
    [InlineData("[]", "error unmarshalling config dump response from Envoy: there is no list \"configs\"")]
    [InlineData("{\"configs\":[{}]}", "error unmarshalling config dump response from Envoy: a section has no \"@type\"")]
    [InlineData("{\"configs\":[{\"@type\":\"type.googleapis.com/envoy.admin.v3.RoutesConfigDump\",\"dynamic_route_configs\":7}]}", "error unmarshalling config dump response from Envoy: ")]
    public async Task What_is_no_dump_is_told(string text, string error)
    {
        CommandRun run = await CommandRun.WithInputAsync(text, "pc", "route", "-f", "-");

        Assert.StartsWith($"Error: {error}", run.Failed);
    }

    [Fact]
    public async Task A_gateway_that_does_not_run_is_told_with_what_to_do()
    {
        CommandRun run = await CommandRun.OfAsync("pc", "route", "deploy/istio-ingressgateway", "--admin-address", "127.77.0.1", "--proxy-admin-port", "1");

        Assert.StartsWith("Error: cannot reach the gateway's admin port at http://127.77.0.1:1/: connection refused; start the gateway with \"tidegate run\"", run.Failed);
    }

    [Fact]
    public async Task The_environment_stands_in_for_an_option_and_the_command_line_wins()
    {
        Dictionary<string, string> environment = new() { ["TIDEGATE_ADMIN_PORT"] = "2", ["TIDEGATE_ADMIN_ADDRESS"] = "127.77.0.1" };

        CommandRun byEnvironment = await CommandRun.WithEnvironmentAsync(environment, "pc", "route", "x");
        CommandRun byCommandLine = await CommandRun.WithEnvironmentAsync(environment, "pc", "route", "x", "--proxy-admin-port", "3");

        Assert.Contains("http://127.77.0.1:2/", byEnvironment.Failed);
        Assert.Contains("http://127.77.0.1:3/", byCommandLine.Failed);
    }

    [Theory]
    [InlineData("client version: ", "version", "--remote=false")]
    [InlineData("client version: ", "version", "--short", "--remote=0")]
    [InlineData("(revision ", "version", "--short=false", "--remote=false")]
    [InlineData("\n  \"clientVersion\": {\n    \"version\": ", "version", "-o", "json", "--remote=false")]
    [InlineData("clientVersion:\n  platform: ", "version", "-o", "yaml", "--remote=false")]
    public async Task The_version_is_told(string part, params string[] arguments) => Assert.Contains(part, (await CommandRun.OfAsync(arguments)).Succeeded);

    [Theory]
    [InlineData("Usage:\n  tidegate COMMAND [flags]\n")]
    [InlineData("Usage:\n  tidegate proxy-config COMMAND [flags]\n\nAliases:\n  proxy-config, pc\n\nExamples:\n", "pc")]
    [InlineData("Usage:\n  tidegate proxy-config route [TYPE/]NAME[.NAMESPACE] [flags]\n\nAliases:\n  route, routes, r\n\nExamples:\n", "pc", "r", "--help")]
    [InlineData("$TIDEGATE_ADMIN_PORT", "pc", "r", "-h")]
    [InlineData("Usage:\n  tidegate proxy-config route [TYPE/]NAME[.NAMESPACE] [flags]\n", "help", "pc", "routes")]
    [InlineData("Usage:\n  tidegate COMMAND [flags]\n", "help")]
    [InlineData("Usage:\n  tidegate completion COMMAND [flags]\n", "completion")]
    public async Task Help_teaches(string part, params string[] arguments) => Assert.Contains(part, (await CommandRun.OfAsync(arguments)).Succeeded);
}
