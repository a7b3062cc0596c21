namespace Tidegate.Commands;

/// <summary>All that a command may touch of its process, so that tests can run commands in theirs.</summary>
public sealed record CommandConsole
{
    /// <summary>Standard output.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Standard error output.</summary>
    public required TextWriter Errors { get; init; }

    /// <summary>Standard input.</summary>
    public required TextReader Input { get; init; }

    /// <summary>The value of an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>Whether standard output is a terminal, which may be coloured.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>That of this process. Lines end in a line feed on every system.</summary>
    public static CommandConsole OfProcess()
    {
        Console.Error.NewLine = "\n";
        return new CommandConsole
        {
            Output = StandardOutput.CreateWriter(),
            Errors = Console.Error,
            Input = Console.In,
            Environment = System.Environment.GetEnvironmentVariable,
            IsTerminal = !Console.IsOutputRedirected,
        };
    }
}
