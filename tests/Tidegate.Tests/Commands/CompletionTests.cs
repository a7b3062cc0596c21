namespace Tidegate.Tests.Commands;

/// <summary>What a shell is told when the user asks for what may follow.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("proxy-config", "pr")]
    [InlineData("listener listeners", "pc", "list")]
    [InlineData("--verbose", "pc", "l", "--verb")]
    [InlineData("json short yaml", "pc", "l", "-o", "")]
    [InlineData("--output=json", "pc", "l", "--output=j")]
    [InlineData("listener listeners", "pc", "--output", "json", "list")]
    [InlineData("", "pc", "l", "--address", "x")]
    [InlineData("bash", "completion", "b")]
    public async Task Commands_aliases_flags_and_values_are_completed(string candidates, params string[] words)
    {
        string lines = (await CommandRun.OfAsync(["__complete", .. words])).Succeeded;

        Assert.Equal(candidates, string.Join(' ', lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0])));
    }

    [Fact]
    public async Task What_is_hidden_is_not_offered()
    {
        string commands = (await CommandRun.OfAsync("__complete", "pc", "")).Succeeded;
        string flags = (await CommandRun.OfAsync("__complete", "pc", "l", "--")).Succeeded;

        Assert.DoesNotContain("eds\t", commands.Replace("ecds\t", string.Empty));
        Assert.DoesNotContain("--kubeconfig", flags);
    }
}
