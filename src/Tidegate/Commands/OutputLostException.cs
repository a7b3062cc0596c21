using System.Diagnostics.CodeAnalysis;

namespace Tidegate.Commands;

/// <summary>What a command writes reaches nobody: the disk is full, the reader has gone away, the output was closed.</summary>
/// <param name="message">The system's reason.</param>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "There is always a reason.")]
public sealed class OutputLostException(string message) : IOException(message);
