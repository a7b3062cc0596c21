using System.CommandLine;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary><c>tidegate x</c>: what istioctl has among its experimental commands and is of use for a gateway.</summary>
internal static class ExperimentalCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new DocumentedCommand(
            "experimental",
            "Commands that istioctl has among its experimental ones.",
            "# The policies that the gateway has",
            "tidegate x authz check deploy/istio-ingressgateway -n istio-system").WithAliases("x", "exp");
        var authz = new DocumentedCommand("authz", "Inspect AuthorizationPolicies.", "tidegate x authz check deploy/istio-ingressgateway -n istio-system");
        authz.Add(Check(console, new ProxyConfigOptions(console)));
        command.Add(authz);
        return command;
    }

    private static DocumentedCommand Check(CommandConsole console, ProxyConfigOptions options)
    {
        var command = new DocumentedCommand(
            "check",
            """
            Show the AuthorizationPolicies that the gateway has.

            They are those of the mesh, of the namespace and of the gateway together, as the gateway enforces them: by action, with the number of rules that are
            in force. Policies that ask an authorizer are told as CUSTOM, those that are only tried as dry run.
            """,
            "# The policies that the gateway has",
            "tidegate x authz check deploy/istio-ingressgateway -n istio-system",
            "",
            "# From a dump that was saved before",
            "tidegate x authz check -f dump.json");
        command.Add(options.Target);
        command.Add(options.File);
        command.Add(options.Namespace);
        command.Add(options.ProxyAdminPort);
        command.Add(options.AdminAddress);
        command.SetAction(async (result, cancellation) =>
            AuthorizationReport.WriteTable(console.Output, ConfigDumpDocument.Parse(await options.ReadAsync(result, "config_dump", "check", cancellation).ConfigureAwait(false))));
        return command;
    }
}
