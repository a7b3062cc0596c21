using System.Diagnostics;
using Tidegate.Failures;

namespace Tidegate.Demo;

/// <summary>The coolstore sample of the repository: its manifests, and its two services as processes of this machine.</summary>
internal sealed class CoolstoreSample : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly Uri[] HealthPages = [new("http://127.0.0.1:13000/healthz"), new("http://127.0.0.1:18080/healthz")];
    private readonly string _root;
    private Process? _services;

    private CoolstoreSample(string root) => _root = root;

    /// <summary>The folder of manifests.</summary>
    public string Manifests => Path.Combine(_root, "manifests");

    private string Program => Path.Combine(_root, "services", "bin", "Release", "net10.0", "coolstore.dll");

    /// <summary>Finds the sample in the repository that this program was built in.</summary>
    /// <exception cref="CommandException">There is none, or its services are not built.</exception>
    public static CoolstoreSample Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var sample = new CoolstoreSample(Path.Combine(folder.FullName, "samples", "coolstore"));
            if (Directory.Exists(sample.Manifests))
            {
                return File.Exists(sample.Program)
                    ? sample
                    : throw new CommandException($"the sample's services are not built ({sample.Program}); start the demo with ./tidegate demo, which builds them");
            }
        }

        throw new CommandException("the coolstore sample is not here: the demo runs from a clone of the repository, with ./tidegate demo");
    }

    /// <summary>Starts the services and waits until both answer.</summary>
    /// <exception cref="CommandException">They do not start; what they said has been printed.</exception>
    public async Task StartServicesAsync(CancellationToken cancellation)
    {
        _services = Process.Start(new ProcessStartInfo(Environment.ProcessPath ?? "dotnet", ["exec", Program, "all"]))
            ?? throw new CommandException("the sample's services cannot be started");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(StartTimeout);
        try
        {
            foreach (Uri page in HealthPages)
            {
                await AnswersAsync(http, page, _services, timeout.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandException($"the sample's services do not answer within {StartTimeout.TotalSeconds:0} s");
        }
    }

    /// <summary>Ends the services.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_services is null)
        {
            return;
        }

        if (!_services.HasExited)
        {
            _services.Kill(entireProcessTree: true);
        }

        await _services.WaitForExitAsync();
        _services.Dispose();
    }

    private static async Task AnswersAsync(HttpClient http, Uri page, Process services, CancellationToken cancellation)
    {
        while (true)
        {
            // Somebody else's answer at that port is no proof: the process has to be alive as well.
            if (services.HasExited)
            {
                throw new CommandException($"the sample's services ended with exit code {services.ExitCode}; are their ports 13000 and 18080 taken?");
            }

            try
            {
                using HttpResponseMessage answer = await http.GetAsync(page, cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }
    }
}
