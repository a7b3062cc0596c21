using System.CommandLine;
using System.Text.Json;
using Tidegate.Admin;
using Tidegate.Failures;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Printing;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary><c>tidegate service [NAME]</c>: where clients reach the gateway, as <c>minikube service list</c> shows it.</summary>
internal static class ServiceCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console, ProxyConfigOptions options)
    {
        var command = new DocumentedCommand(
            "service",
            """
            Show the ports and the URLs of the gateway's Service.

            A cluster gives the Service of an ingress gateway a load balancer and node ports; a gateway that runs without a cluster opens them itself.
            The URLs are those of the node ports. Without NAME, all Services of the gateway are shown.
            """,
            "# Where the ingress gateway is",
            "tidegate service istio-ingressgateway -n istio-system").WithAliases("services", "svc");
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "Name of the Service." };
        command.Add(name);
        command.Add(options.Namespace);
        command.Add(options.ProxyAdminPort);
        command.Add(options.AdminAddress);
        command.SetAction(async (result, cancellation) =>
        {
            using AdminClient client = options.ClientOf(result);
            IReadOnlyList<ServicesDocument> all = await ReadAsync(client, cancellation).ConfigureAwait(false);
            string nameSpace = result.GetValue(options.Namespace)!;
            string? wanted = result.GetValue(name);
            ServicesDocument[] shown = [.. all.Where(service =>
                (wanted is null || service.Name == wanted) && (nameSpace.Length == 0 || service.Namespace == nameSpace))];
            if (shown.Length == 0)
            {
                string has = all.Count == 0 ? "it has none" : $"it has {string.Join(", ", all.Select(service => $"{service.Name}.{service.Namespace}"))}";
                throw new CommandException(
                    $"the gateway at {client.Base} has no Service{(wanted is null ? string.Empty : $" \"{wanted}\"")}{(nameSpace.Length == 0 ? string.Empty : $" in namespace {nameSpace}")}; {has}");
            }

            TableOf(shown).WriteTo(console.Output);
        });
        return command;
    }

    /// <summary>The table of some Services.</summary>
    internal static GridTable TableOf(IEnumerable<ServicesDocument> services)
    {
        var table = new GridTable("NAMESPACE", "NAME", "TARGET PORT", "URL");
        foreach (ServicesDocument service in services)
        {
            bool isFirst = true;
            foreach (GatewayServicePort port in service.Ports)
            {
                string host = service.Address.Contains(':', StringComparison.Ordinal) ? $"[{service.Address}]" : service.Address;
                string url = port.NodePort is { } nodePort ? $"http://{host}:{nodePort}" : "No node port";
                table.Add(isFirst ? service.Namespace : string.Empty, isFirst ? service.Name : string.Empty, $"{port.Name}/{port.Port}", url);
                isFirst = false;
            }
        }

        return table;
    }

    private static async Task<IReadOnlyList<ServicesDocument>> ReadAsync(AdminClient client, CancellationToken cancellation)
    {
        string page = await client.GetAsync("tidegate/services", cancellation).ConfigureAwait(false);
        try
        {
            return ServicesDocument.Read(page);
        }
        catch (JsonException exception)
        {
            throw new CommandException($"{client.Base}tidegate/services is not a Tidegate gateway's page: {exception.Message}", exception);
        }
    }
}
