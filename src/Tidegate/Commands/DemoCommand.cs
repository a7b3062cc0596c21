using System.CommandLine;
using System.Net;
using Tidegate.Composition;
using Tidegate.Demo;
using Tidegate.Settings;

namespace Tidegate.Commands;

/// <summary><c>tidegate demo</c>: a gateway in front of the coolstore sample, and what to try with it.</summary>
internal static class DemoCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var command = new DocumentedCommand(
            "demo",
            """
            Run a gateway on the coolstore sample, with its two sample services.

            Starts the services webapp and catalog, then a gateway on samples/coolstore/manifests as "tidegate run" does, and says what to try.
            Edit the manifests while it runs: a change is live at once. Ctrl-C ends all of it.
            """,
            "tidegate demo");
        var options = new RunOptionSet(command);
        command.SetAction(async (result, cancellation) =>
        {
            CoolstoreSample sample = CoolstoreSample.Find();
            await using (sample.ConfigureAwait(false))
            {
                RunOptions bound = options.Bind(result, sample.Manifests, console.Environment);
                await sample.StartServicesAsync(cancellation).ConfigureAwait(false);
                return await RunLoop.RunAsync(bound, () => SayWhatToTry(console.Output, bound), cancellation).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static void SayWhatToTry(TextWriter output, RunOptions options)
    {
        IPAddress address = options.Proxy.BindAddress is { } bind && !bind.Equals(IPAddress.Any) ? bind : IPAddress.Loopback;
        string port = options.AdminPort == RunOptions.DefaultAdminPort ? string.Empty : $" --proxy-admin-port {options.AdminPort}";
        output.Write(
            $"""

            The gateway is in front of the coolstore sample. In another terminal, try:

              curl -H "Host: webapp.istioinaction.io" http://{address}:8080/api/catalog

              ./tidegate proxy-config listener deploy/istio-ingressgateway -n istio-system{port}
              ./tidegate proxy-config route deploy/istio-ingressgateway -n istio-system{port}

            Its manifests are in {options.Directory}: edit them, and the change is live.
            The access log follows; Ctrl-C ends the demo.


            """);
        output.Flush();
    }
}
