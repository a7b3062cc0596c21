using System.CommandLine;

namespace Tidegate.Commands;

/// <summary>A command whose help has examples.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it does: a line, and after an empty line as much as is needed.</param>
/// <param name="examples">Lines of its examples; those that begin with <c>#</c> say what the next one does.</param>
internal sealed class DocumentedCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Lines of examples.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>Adds other names of the command.</summary>
    public DocumentedCommand WithAliases(params string[] aliases)
    {
        foreach (string alias in aliases)
        {
            Aliases.Add(alias);
        }

        return this;
    }
}
