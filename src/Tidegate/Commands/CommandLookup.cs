using System.CommandLine;

namespace Tidegate.Commands;

/// <summary>Finds commands and flags by their names.</summary>
internal static class CommandLookup
{
    /// <summary>The subcommand of that name or alias; null when there is none.</summary>
    public static Command? Subcommand(Command command, string name) =>
        command.Subcommands.FirstOrDefault(subcommand => subcommand.Name == name || subcommand.Aliases.Contains(name));

    /// <summary>The flag of that name or alias, dashes included, that a command or one above it has; null when there is none.</summary>
    public static Option? Option(Command command, string name) =>
        Options(command).FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    /// <summary>The flags of a command, and those that it has from the commands above it.</summary>
    public static IEnumerable<Option> Options(Command command) =>
        command.Options.Concat(Ancestors(command).SelectMany(ancestor => ancestor.Options).Where(option => option.Recursive));

    /// <summary>Whether a flag needs no value.</summary>
    public static bool IsSwitch(Option option) => option.Arity.MinimumNumberOfValues == 0;

    /// <summary>The commands above a command, the nearest first.</summary>
    public static IEnumerable<Command> Ancestors(Command command)
    {
        while (command.Parents.OfType<Command>().FirstOrDefault() is { } parent)
        {
            yield return parent;
            command = parent;
        }
    }
}
