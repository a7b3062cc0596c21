using System.CommandLine;
using System.CommandLine.Completions;

namespace Tidegate.Commands;

/// <summary>What may stand where the user is writing: a command, a flag, a flag's value.</summary>
internal static class Completions
{
    /// <summary>The candidates for the last of the words, sorted; none where anything may stand.</summary>
    /// <param name="root">The program.</param>
    /// <param name="words">The words after the program's name, the last one unfinished and perhaps empty.</param>
    public static IEnumerable<(string Text, string Description)> Of(Command root, IReadOnlyList<string> words)
    {
        string last = words.Count == 0 ? string.Empty : words[^1];
        (Command command, Option? waiting) = Follow(root, words.SkipLast(1));
        int equals = last.IndexOf('=', StringComparison.Ordinal);
        IEnumerable<(string Text, string Description)> candidates =
            waiting is not null ? ValuesOf(waiting, string.Empty)
            : !last.StartsWith('-') ? CommandsOf(command)
            : equals < 0 ? FlagsOf(command)
            : CommandLookup.Option(command, last[..equals]) is { } option ? ValuesOf(option, last[..(equals + 1)])
            : [];
        return candidates.Where(candidate => candidate.Text.StartsWith(last, StringComparison.Ordinal)).OrderBy(candidate => candidate.Text, StringComparer.Ordinal);
    }

    // The command that the words lead to, and the flag that still waits for its value.
    private static (Command Command, Option? Waiting) Follow(Command command, IEnumerable<string> words)
    {
        Option? waiting = null;
        foreach (string word in words)
        {
            if (waiting is not null)
            {
                waiting = null;
            }
            else if (!GoArguments.IsFlag(word))
            {
                command = CommandLookup.Subcommand(command, word) ?? command;
            }
            else if (CommandLookup.Option(command, word) is { } option && !CommandLookup.IsSwitch(option))
            {
                waiting = option;
            }
        }

        return (command, waiting);
    }

    private static IEnumerable<(string, string)> CommandsOf(Command command) =>
        from subcommand in command.Subcommands
        where !subcommand.Hidden
        from name in subcommand.Aliases.Prepend(subcommand.Name)
        select (name, FirstLine(subcommand.Description));

    private static IEnumerable<(string, string)> FlagsOf(Command command) =>
        from option in CommandLookup.Options(command)
        where !option.Hidden
        from name in option.Aliases.Prepend(option.Name)
        select (name, FirstLine(option.Description));

    private static IEnumerable<(string, string)> ValuesOf(Option option, string prefix) =>
        option.GetCompletions(CompletionContext.Empty).Select(value => (prefix + value.Label, FirstLine(value.Detail)));

    private static string FirstLine(string? text) => text?.Split('\n')[0] ?? string.Empty;
}
