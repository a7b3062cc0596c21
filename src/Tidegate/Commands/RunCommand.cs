using System.CommandLine;
using Tidegate.Composition;

namespace Tidegate.Commands;

/// <summary><c>tidegate run [DIR]</c>: control plane and data plane in one process, configured by a directory of manifests.</summary>
internal static class RunCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var command = new DocumentedCommand(
            "run",
            """
            Run a gateway on the manifests of a directory.

            DIR (the present directory unless given, or TIDEGATE_DIR) holds YAML or JSON manifests in files and folders. A change on disk is live
            at once, without a restart and without a dropped connection. An object that is wrong is reported with file, line and field; its last good
            version stays in force, and everything else is taken.

            The access log goes to standard output, events go to standard error. SIGTERM ends the gateway gently, a second one at once; SIGUSR1
            opens the access log anew.
            """,
            "# serve what is in ./manifests",
            "tidegate run ./manifests",
            "# the Service webapp of namespace istioinaction is at port 9000 of this machine",
            "tidegate run ./manifests --endpoint webapp.istioinaction=127.0.0.1:9000",
            "# as an ordinary user: other ports than 80 and 443 for the load balancer are not needed",
            "tidegate run ./manifests --no-service-ports");
        var directory = new Argument<string?>("DIR") { Arity = ArgumentArity.ZeroOrOne, Description = "Directory of manifests." };
        command.Add(directory);
        Dictionary<RunOption, Option<string[]>> options = AddOptions(command);
        command.SetAction(async (result, cancellation) =>
        {
            (RunOptions bound, IReadOnlyList<string> errors) = RunOptionTable.Bind(
                result.GetValue(directory),
                option => result.GetValue(options[option]) ?? [],
                console.Environment);
            if (errors.Count > 0)
            {
                throw new CommandException(string.Join("\n       ", errors), ExitCodes.Usage);
            }

            return await RunLoop.RunAsync(bound, started: null, cancellation);
        });
        return command;
    }

    /// <summary>Adds all options of <see cref="RunOptionTable"/> to a command.</summary>
    public static Dictionary<RunOption, Option<string[]>> AddOptions(Command command)
    {
        Dictionary<RunOption, Option<string[]>> options = [];
        foreach (RunOption option in RunOptionTable.All)
        {
            bool isSwitch = option.Argument.Length == 0;
            string[] names = option.Name == "--namespace" ? [option.Name, "-n"] : [option.Name];
            var added = new Option<string[]>(names[0], names[1..])
            {
                Description = $"{option.Description} [{option.EnvironmentVariable}]",
                HelpName = option.Argument,
                Arity = isSwitch ? ArgumentArity.ZeroOrOne : ArgumentArity.OneOrMore,
                AllowMultipleArgumentsPerToken = false,
                CustomParser = isSwitch ? result => [result.Tokens is [var token] ? token.Value : "true"] : null,
            };
            options.Add(option, added);
            command.Add(added);
        }

        return options;
    }
}
