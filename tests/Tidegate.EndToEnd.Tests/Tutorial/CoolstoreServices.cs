using System.Diagnostics;
using System.Net;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tutorial;

/// <summary>The sample's two services as processes, on a loopback address of their own.</summary>
public sealed class CoolstoreServices : IAsyncLifetime
{
    private static readonly string Program = Repository.PathOf("samples/coolstore/services/bin/Release/net10.0/coolstore.dll");

    private readonly List<Process> _processes = [];

    /// <summary>Where they listen; the ports are those of the sample's EndpointSlices.</summary>
    public IPAddress Address { get; } = Loopback.Next();

    /// <summary>A manifest of the sample, its endpoints moved to <see cref="Address"/>.</summary>
    public string Manifest(string path) =>
        File.ReadAllText(Repository.PathOf($"samples/coolstore/manifests/{path}")).Replace("127.0.0.1", Address.ToString(), StringComparison.Ordinal);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Start("catalog", "--urls", $"http://{Address}:13000");
        Start("webapp", "--urls", $"http://{Address}:18080", "--catalog", $"http://{Address}:13000");
        using var http = new HttpClient();
        foreach (int port in (int[])[13000, 18080])
        {
            await Eventually.HoldsAsync(
                async () =>
                {
                    try
                    {
                        return (await http.GetAsync(new Uri($"http://{Address}:{port}/healthz"))).IsSuccessStatusCode;
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                },
                () => $"the sample service at port {port} answers");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Process process in _processes)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private void Start(params string[] arguments) =>
        _processes.Add(Process.Start(new ProcessStartInfo("dotnet", ["exec", Program, .. arguments]))!);
}
