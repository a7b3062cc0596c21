using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Tidegate.Failures;

namespace Tidegate.Commands;

/// <summary>The command line: all commands, how their errors are told, what the process ends with.</summary>
public static class TidegateCommand
{
    /// <summary>Runs what the arguments say.</summary>
    /// <param name="arguments">The command line without the program's name.</param>
    /// <param name="console">The command's surroundings.</param>
    /// <param name="cancellation">Ends a command that runs until it is told to end.</param>
    /// <returns>The exit code (<see cref="ExitCodes"/>).</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CommandConsole console, CancellationToken cancellation = default)
    {
        try
        {
            RootCommand root = Create(console);
            int exitCode = arguments is [CompletionCommand.Hidden, ..]
                ? WriteCompletions(console, root, [.. arguments.Skip(1)])
                : await InvokeAsync(root, GoArguments.Normalize(root, arguments), console, cancellation).ConfigureAwait(false);
            console.Output.Flush();
            return exitCode;
        }
        catch (CommandException exception)
        {
            return Fail(console, exception.Message, exception.ExitCode);
        }
        catch (OutputLostException exception)
        {
            return Fail(console, $"the output cannot be written: {exception.Message}", ExitCodes.Failure);
        }
    }

    private static Task<int> InvokeAsync(RootCommand root, IReadOnlyList<string> arguments, CommandConsole console, CancellationToken cancellation)
    {
        ParseResult result = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });

        // The parser takes an unknown flag for an argument where there may be one.
        if (result.CommandResult.Tokens.FirstOrDefault(token => GoArguments.IsFlag(token.Value)) is { } flag)
        {
            throw UsageError(result.CommandResult.Command, UnknownFlag(flag.Value));
        }

        // A command without a subcommand shows what there is.
        if (result.Errors.Count > 0 && result.Action is not HelpAction && !IsGroup(result))
        {
            throw UsageError(result);
        }

        var invocation = new InvocationConfiguration { Output = console.Output, Error = console.Errors, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        return result.InvokeAsync(invocation, cancellation);
    }

    private static int WriteCompletions(CommandConsole console, RootCommand root, IReadOnlyList<string> words)
    {
        foreach ((string text, string description) in Completions.Of(root, words))
        {
            console.Output.Write($"{text}\t{description}\n");
        }

        return ExitCodes.Success;
    }

    // What was written before the failure goes out first.
    private static int Fail(CommandConsole console, string message, int exitCode)
    {
        try
        {
            console.Output.Flush();
        }
        catch (OutputLostException exception)
        {
            (message, exitCode) = ($"the output cannot be written: {exception.Message}", ExitCodes.Failure);
        }

        try
        {
            console.Errors.Write($"Error: {message}\n");
        }
        catch (IOException)
        {
            // There is nowhere left to tell it: the exit code alone does.
        }

        return exitCode;
    }

    private static RootCommand Create(CommandConsole console)
    {
        var root = new RootCommand(
            """
            Tidegate is an ingress gateway that is configured with Istio's objects.

            It reads Gateway, VirtualService, DestinationRule and ServiceEntry manifests from a directory, serves the traffic that they
            describe, and lets itself be inspected as Istio does.

            The flags by which istioctl finds a cluster (--kubeconfig, --context, --as, --as-uid, --as-group, --kubeclient-timeout, --vklog) are accepted by every
            command and have no effect.
            """);
        Command[] commands =
        [
            RunCommand.Create(console),
            DemoCommand.Create(console),
            RateLimitCommand.Create(console),
            AnalyzeCommand.Create(console),
            ValidateCommand.Create(console),
            ProxyConfigCommand.Create(console),
            ExperimentalCommand.Create(console),
            ServiceCommand.Create(console, new ProxyConfigOptions(console)),
            VersionCommand.Create(console, new ProxyConfigOptions(console)),
            CompletionCommand.Create(console),
            HelpCommand.Create(console, root),
        ];
        foreach (Command command in commands)
        {
            root.Add(command);
        }

        foreach (Option builtIn in root.Options.ToArray())
        {
            if (builtIn is VersionOption)
            {
                root.Options.Remove(builtIn); // "version" is a command
            }
            else if (builtIn is HelpOption help)
            {
                help.Description = "Show help.";
                help.Action = new ShowHelp(console);
            }
        }

        ClusterFlags.AddTo(root);
        root.Directives.Clear();
        ShowHelpForGroups(root, console);
        return root;
    }

    private static void ShowHelpForGroups(Command command, CommandConsole console)
    {
        if (command.Subcommands.Count > 0)
        {
            command.SetAction(_ => HelpText.Write(console.Output, command));
        }

        foreach (Command subcommand in command.Subcommands)
        {
            ShowHelpForGroups(subcommand, console);
        }
    }

    private static bool IsGroup(ParseResult result) => result.CommandResult.Command.Subcommands.Count > 0 && result.UnmatchedTokens.Count == 0;

    // In the words that users of istioctl and kubectl know.
    private static CommandException UsageError(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        return UsageError(command, result.UnmatchedTokens switch
        {
            [var flag, ..] when flag.StartsWith('-') && flag.Length > 1 => UnknownFlag(flag),
            [var word, ..] when command.Subcommands.Count > 0 => $"unknown command \"{word}\" for \"{HelpText.PathOf(command)}\"",
            [var word, ..] => $"unexpected argument \"{word}\"",
            _ => string.Join("; ", result.Errors.Select(Text).Distinct()),
        });

        static string Text(ParseError error) =>
            error.SymbolResult is OptionResult { Tokens.Count: 0, IdentifierToken: { } name } && !error.Message.StartsWith("invalid", StringComparison.Ordinal)
                ? $"flag needs an argument: {name.Value}"
                : error.Message;
    }

    internal static CommandException UsageError(Command command, string message) =>
        new($"{message}\nRun \"{HelpText.PathOf(command)} --help\" for usage.", ExitCodes.Usage);

    private static string UnknownFlag(string flag) =>
        flag.StartsWith("--", StringComparison.Ordinal) ? $"unknown flag: {flag.Split('=')[0]}" : $"unknown shorthand flag: '{flag[1]}' in {flag}";

    private sealed class ShowHelp(CommandConsole console) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            HelpText.Write(console.Output, parseResult.CommandResult.Command);
            return ExitCodes.Success;
        }
    }
}
