using Envoy.Config.Listener.V3;
using Tidegate.Printing;
using Tidegate.Tests.ProxyConfig;

namespace Tidegate.Tests.Commands;

/// <summary>Flags and their values, as scripts for istioctl write them (cli.md, 0.3).</summary>
public sealed class GoArgumentsTests
{
    private static readonly string TwoListeners = new Dump()
        .With(new Listener { Name = "a", Address = Dump.Socket("0.0.0.0", 8080), FilterChains = { new FilterChain() } })
        .With(new Listener { Name = "b", Address = Dump.Socket("0.0.0.0", 8443), FilterChains = { new FilterChain() } })
        .ToJson(ProtoJsonForm.Canonical);

    [Theory]
    [InlineData("a value", "8080", "--port", "8080")]
    [InlineData("a value behind an equals sign", "8080", "--port=8080")]
    [InlineData("of two values the last counts", "8443", "--port", "8080", "--port=8443")]
    [InlineData("an empty value is no filter", "8080 8443", "--address=")]
    [InlineData("an empty value of its own", "8080 8443", "--address", "")]
    [InlineData("an empty value takes nothing that follows", "8443", "--address=", "--port", "8443")]
    [InlineData("what looks like a flag is a value too", "", "--address", "--port")]
    [InlineData("flags for a cluster have no effect", "8080 8443", "-c", "/dev/null", "--context", "kind", "--as=me", "--as-uid=1", "--as-group", "g", "--kubeclient-timeout=1s", "--vklog=3")]
    public async Task A_flag_takes_its_value(string what, string ports, params string[] flags)
    {
        string table = (await CommandRun.WithInputAsync(TwoListeners, ["pc", "listener", "-f", "-", .. flags])).Succeeded;

        Assert.True(ports == string.Join(' ', table.Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line.Split(' ')[1])), $"{what}:\n{table}");
    }

    [Theory]
    [InlineData(true, "--verbose")]
    [InlineData(true, "--verbose=1")]
    [InlineData(true, "--verbose=t")]
    [InlineData(true, "--verbose=TRUE")]
    [InlineData(false, "--verbose=0")]
    [InlineData(false, "--verbose=f")]
    [InlineData(false, "--verbose=F")]
    [InlineData(false, "--verbose=False")]
    [InlineData(false, "--verbose=true", "--verbose=false")]
    public async Task A_switch_takes_each_spelling_of_a_truth_value(bool isVerbose, params string[] flags)
    {
        string table = (await CommandRun.WithInputAsync(TwoListeners, ["pc", "listener", "-f", "-", .. flags])).Succeeded;

        Assert.Equal(isVerbose, table.Split('\n')[0].Contains("DESTINATION"));
    }

    [Theory]
    [InlineData("json", "-ojson")]
    [InlineData("json", "-o=json")]
    [InlineData("json", "-oyaml", "-o", "json")]
    [InlineData("yaml", "-ojson", "-oyaml")]
    public async Task A_short_flag_may_hold_its_value(string format, params string[] flags)
    {
        string text = (await CommandRun.WithInputAsync(TwoListeners, ["pc", "listener", "-f", "-", .. flags])).Succeeded;

        Assert.StartsWith(format == "json" ? "[\n" : "- ", text);
    }

    [Theory]
    [InlineData("Error: invalid argument \"maybe\" for --verbose: it is neither true nor false\nRun \"tidegate proxy-config listener --help\" for usage.", "pc", "l", "--verbose=maybe")]
    [InlineData("Error: unknown command \"foo\" for \"tidegate\"\nRun \"tidegate --help\" for usage.", "foo", "pc", "listener")]
    public async Task What_cannot_be_understood_is_a_wrong_command_line(string error, params string[] arguments)
    {
        CommandRun run = await CommandRun.OfAsync(arguments);

        Assert.Equal((64, error), (run.ExitCode, run.Failed));
    }
}
