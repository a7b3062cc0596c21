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
        var options = new RunOptionSet(command);
        command.SetAction((result, cancellation) =>
            RunLoop.RunAsync(options.Bind(result, result.GetValue(directory), console.Environment), started: null, cancellation));
        return command;
    }
}
