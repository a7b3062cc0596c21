using System.Diagnostics.CodeAnalysis;

namespace Tidegate.Failures;

/// <summary>A command cannot do what it was asked for. The message is for its user, who sees it after <c>Error: </c>.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "There is always a message.")]
public sealed class CommandException : Exception
{
    /// <summary>A failure with a message.</summary>
    public CommandException(string message, int exitCode = ExitCodes.Failure)
        : base(message) => ExitCode = exitCode;

    /// <summary>A failure with a message and what led to it.</summary>
    public CommandException(string message, Exception inner)
        : base(message, inner) => ExitCode = ExitCodes.Failure;

    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; }
}
