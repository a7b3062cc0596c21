using System.CommandLine;

namespace Tidegate.Commands;

/// <summary>
/// The flags by which istioctl finds a Kubernetes cluster. Scripts carry them everywhere, so every command accepts them; they have no effect, since the
/// gateway is configured by a directory, and the help of <c>tidegate</c> and docs/configuration.md say so.
/// </summary>
internal static class ClusterFlags
{
    private static readonly (string[] Names, string Description)[] All =
    [
        (["--kubeconfig", "-c"], "Kubernetes configuration file"),
        (["--context"], "Kubernetes configuration context"),
        (["--as"], "User to impersonate"),
        (["--as-uid"], "User's UID to impersonate"),
        (["--as-group"], "Group to impersonate"),
        (["--kubeclient-timeout"], "Timeout of the Kubernetes client"),
        (["--vklog"], "Log level of the Kubernetes client"),
    ];

    /// <summary>Adds them to a command and all below it that have no flag of the same name.</summary>
    public static void AddTo(Command command)
    {
        foreach ((string[] names, string description) in All)
        {
            command.Add(new Option<string[]>(names[0], names[1..])
            {
                Description = $"{description}; accepted without effect",
                Arity = ArgumentArity.OneOrMore,
                Recursive = true,
                Hidden = true,
            });
        }
    }
}
