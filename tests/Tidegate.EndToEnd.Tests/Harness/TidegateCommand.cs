using System.Diagnostics;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>What a finished command left behind.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error output.</param>
public sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The output of a command that must succeed.</summary>
    public string Succeeded
    {
        get
        {
            Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Errors}\n{Output}");
            return Output;
        }
    }
}

/// <summary>Runs programs to their end.</summary>
public static class TidegateCommand
{
    /// <summary><c>tidegate ARGS</c>.</summary>
    public static Task<CommandResult> RunAsync(params string[] arguments) =>
        RunProgramAsync("dotnet", ["exec", Repository.Program, .. arguments]);

    /// <summary>Any program.</summary>
    public static async Task<CommandResult> RunProgramAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            CancellationToken cancellation = TestContext.Current.CancellationToken;
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation).WaitAsync(Eventually.Patience, cancellation);
            return new CommandResult(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
