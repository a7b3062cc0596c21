using Tidegate.Commands;

namespace Tidegate.Tests.Commands;

/// <summary>An output that takes nothing costs a message, never the process.</summary>
public sealed class OutputTests
{
    [Theory]
    [InlineData("help")]
    [InlineData("version", "--remote=false")]
    [InlineData("completion", "bash")]
    public async Task A_lost_output_is_a_failure_with_a_reason(params string[] arguments)
    {
        using var errors = new StringWriter();
        using var lost = new LostWriter();
        var console = new CommandConsole { Output = lost, Errors = errors, Input = TextReader.Null, Environment = _ => null };

        int exitCode = await TidegateCommand.RunAsync(arguments, console, TestContext.Current.CancellationToken);

        Assert.Equal((1, "Error: the output cannot be written: No space left on device\n"), (exitCode, errors.ToString()));
    }

    [Fact]
    public async Task Without_any_output_the_exit_code_alone_tells()
    {
        using var lost = new LostWriter();
        var console = new CommandConsole { Output = lost, Errors = lost, Input = TextReader.Null, Environment = _ => null };

        Assert.Equal(1, await TidegateCommand.RunAsync(["help"], console, TestContext.Current.CancellationToken));
    }

    private sealed class LostWriter : StringWriter
    {
        public override void Write(string? value) => throw new OutputLostException("No space left on device");
    }
}
