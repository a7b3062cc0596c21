using System.CommandLine;

namespace Tidegate.Commands;

/// <summary><c>tidegate help [COMMAND...]</c>: what <c>--help</c> says.</summary>
internal static class HelpCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="console">Where it writes.</param>
    /// <param name="root">The command whose subcommands are asked about.</param>
    public static Command Create(CommandConsole console, Command root)
    {
        var command = new DocumentedCommand("help", "Show help about a command.", "tidegate help proxy-config listener");
        var path = new Argument<string[]>("COMMAND") { Arity = ArgumentArity.ZeroOrMore, Description = "The command, with the commands above it." };
        command.Add(path);
        command.SetAction(result =>
        {
            Command asked = root;
            foreach (string name in result.GetValue(path)!)
            {
                asked = CommandLookup.Subcommand(asked, name)
                    ?? throw TidegateCommand.UsageError(asked, $"unknown command \"{name}\" for \"{HelpText.PathOf(asked)}\"");
            }

            HelpText.Write(console.Output, asked);
        });
        return command;
    }
}
