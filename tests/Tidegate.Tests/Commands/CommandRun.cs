using Tidegate.Commands;

namespace Tidegate.Tests.Commands;

/// <summary>What a command wrote, and what it ended with.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Errors)
{
    /// <summary>The output of a command that must succeed.</summary>
    public string Succeeded
    {
        get
        {
            Assert.True(ExitCode == 0, Errors);
            return Output;
        }
    }

    /// <summary>The last line of the errors of a command that must fail.</summary>
    public string Failed
    {
        get
        {
            Assert.NotEqual(0, ExitCode);
            return Errors.TrimEnd('\n');
        }
    }

    /// <summary>Runs a command in this process.</summary>
    public static Task<CommandRun> OfAsync(params string[] arguments) => OfAsync(string.Empty, [], arguments);

    /// <summary>Runs a command in this process, with that text as its standard input.</summary>
    public static Task<CommandRun> WithInputAsync(string input, params string[] arguments) => OfAsync(input, [], arguments);

    /// <summary>Runs a command in this process, with these environment variables.</summary>
    public static Task<CommandRun> WithEnvironmentAsync(Dictionary<string, string> environment, params string[] arguments) => OfAsync(string.Empty, environment, arguments);

    private static async Task<CommandRun> OfAsync(string input, Dictionary<string, string> environment, string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        using var reader = new StringReader(input);
        var console = new CommandConsole { Output = output, Errors = errors, Input = reader, Environment = environment.GetValueOrDefault };
        int exitCode = await TidegateCommand.RunAsync(arguments, console, TestContext.Current.CancellationToken);
        return new CommandRun(exitCode, output.ToString(), errors.ToString());
    }
}
