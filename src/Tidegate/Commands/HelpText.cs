using System.CommandLine;
using System.Text;

namespace Tidegate.Commands;

/// <summary>Writes a command's help: what it does, how it is called, examples, and every option with its default and its environment variable.</summary>
internal static class HelpText
{
    private const int Width = 120;
    private const int DescriptionColumn = 34;

    /// <summary>The whole help.</summary>
    public static void Write(TextWriter output, Command command)
    {
        output.Write($"{command.Description}\n\n");
        WriteUsage(output, command);
    }

    /// <summary>The help without the description, as it precedes an error.</summary>
    public static void WriteUsage(TextWriter output, Command command)
    {
        string path = PathOf(command);
        output.Write("Usage:\n");
        if (command.Subcommands.Count > 0)
        {
            output.Write($"  {path} COMMAND [flags]\n");
        }
        else
        {
            output.Write($"  {path}{string.Concat(command.Arguments.Select(argument => $" {argument.HelpName ?? argument.Name}"))} [flags]\n");
        }

        if (command.Aliases.Count > 0)
        {
            output.Write($"\nAliases:\n  {command.Name}, {string.Join(", ", command.Aliases)}\n");
        }

        if (command is DocumentedCommand { Examples.Count: > 0 } documented)
        {
            output.Write("\nExamples:\n");
            foreach (string line in documented.Examples)
            {
                output.Write(line.Length == 0 ? "\n" : $"  {line}\n");
            }
        }

        Command[] commands = [.. command.Subcommands.Where(subcommand => !subcommand.Hidden)];
        WriteList(output, "Commands", commands.Select(subcommand => (subcommand.Name, FirstLine(subcommand.Description))));
        WriteList(output, "Arguments", command.Arguments.Where(argument => argument.Description is not null).Select(argument => (argument.HelpName ?? argument.Name, argument.Description!)));
        WriteList(output, "Flags", Visible(command.Options).Select(Describe));
        WriteList(output, "Global flags", Visible(CommandLookup.Options(command).Except(command.Options)).Select(Describe));
        if (commands.Length > 0)
        {
            output.Write($"\nUse \"{path} COMMAND --help\" for more about a command.\n");
        }
    }

    /// <summary>A command with its parents' names.</summary>
    public static string PathOf(Command command) => string.Join(' ', CommandLookup.Ancestors(command).Reverse().Append(command).Select(NameOf));

    // The parser names the root after the process that it runs in.
    private static string NameOf(Command command) => command is RootCommand ? "tidegate" : command.Name;

    private static IEnumerable<Option> Visible(IEnumerable<Option> options) => options.Where(option => !option.Hidden);

    private static (string Left, string Right) Describe(Option option)
    {
        string[] shortNames = [.. option.Aliases.Where(alias => !alias.StartsWith("--", StringComparison.Ordinal))];
        string names = shortNames.Length > 0 ? $"{shortNames[0]}, {option.Name}" : $"    {option.Name}";
        string left = string.IsNullOrEmpty(option.HelpName) ? names : $"{names} {option.HelpName}";
        if (option is not IDocumentedOption documented)
        {
            return (left, option.Description ?? string.Empty);
        }

        List<string> notes = [];
        if (documented.DefaultText.Length > 0)
        {
            notes.Add($"default {documented.DefaultText}");
        }

        if (documented.EnvironmentVariable is { } variable)
        {
            notes.Add($"${variable}");
        }

        return (left, notes.Count == 0 ? option.Description ?? string.Empty : $"{option.Description} ({string.Join(", ", notes)})");
    }

    private static void WriteList(TextWriter output, string heading, IEnumerable<(string Left, string Right)> rows)
    {
        bool hasHeading = false;
        foreach ((string left, string right) in rows)
        {
            if (!hasHeading)
            {
                output.Write($"\n{heading}:\n");
                hasHeading = true;
            }

            string start = $"  {left}";
            output.Write(start.PadRight(DescriptionColumn));
            if (start.Length >= DescriptionColumn - 1)
            {
                output.Write($"\n{new string(' ', DescriptionColumn)}");
            }

            output.Write(string.Join($"\n{new string(' ', DescriptionColumn)}", Wrap(right, Width - DescriptionColumn)));
            output.Write('\n');
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : string.Empty).Append(word);
        }

        yield return line.ToString();
    }

    private static string FirstLine(string? text) => text?.Split('\n')[0] ?? string.Empty;
}
