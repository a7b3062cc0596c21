using System.Diagnostics;
using System.Net;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary><c>openssl s_client</c>: what another implementation of TLS says of a handshake.</summary>
internal static class OpenSslClient
{
    /// <summary>A request after which the gateway closes, so that everything it has to say has been read before.</summary>
    public static string LastGet(string host) => $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n";

    /// <summary>Connects, sends the input when the handshake is made, and gives all that openssl says until the end.</summary>
    public static async Task<string> RunAsync(IPEndPoint server, string serverName, string input, params string[] arguments)
    {
        string[] name = serverName.Length > 0 ? ["-servername", serverName] : ["-noservername"];
        using Process process = Process.Start(new ProcessStartInfo("openssl", ["s_client", "-connect", server.ToString(), .. name, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            CancellationToken cancellation = TestContext.Current.CancellationToken;
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellation);
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
            await TrySendAsync(process.StandardInput, input);
            return await output.WithinPatienceAsync("openssl ends") + await errors;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    // The input stays open: its end would be the end of the connection.
    private static async Task TrySendAsync(StreamWriter to, string input)
    {
        try
        {
            await to.WriteAsync(input);
            await to.FlushAsync();
        }
        catch (IOException)
        {
            return; // it ended already, and its output says why
        }
    }
}
