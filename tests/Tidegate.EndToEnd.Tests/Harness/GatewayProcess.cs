using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>
/// A real <c>tidegate run DIR</c> in a process of its own, on a loopback address of its own, with a folder of manifests of its
/// own. Always stopped at the end of the test.
/// </summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    // Where admin and agent ports come from: below the ports that the system gives to whoever connects somewhere.
    private const int FirstPort = 20_000;
    private const int PortCount = 12_000;

    private static int _lastPort = Random.Shared.Next(PortCount);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Task _reading;

    private GatewayProcess(Process process, DirectoryInfo folder, IPAddress address, int adminPort)
    {
        _process = process;
        Folder = folder;
        Address = address;
        AdminPort = adminPort;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Eventually.Patience };
        _reading = Task.WhenAll(CollectAsync(process.StandardOutput, _output), CollectAsync(process.StandardError, _errors));
    }

    /// <summary>The watched folder.</summary>
    public DirectoryInfo Folder { get; }

    /// <summary>What stands for 0.0.0.0 in this gateway.</summary>
    public IPAddress Address { get; }

    /// <summary>Envoy's admin pages, on 127.0.0.1.</summary>
    public int AdminPort { get; }

    /// <summary>The agent's pages, on 127.0.0.1.</summary>
    public int AgentPort { get; private init; }

    /// <summary>A client for the admin and metrics pages.</summary>
    public HttpClient Http { get; }

    /// <summary>The process's id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Standard output so far: the access log, unless it goes elsewhere.</summary>
    public string Output => Read(_output);

    /// <summary>Standard error output so far: events and diagnostics.</summary>
    public string Errors => Read(_errors);

    /// <summary>Both, for messages of failing tests.</summary>
    public string Log => $"--- output\n{Output}\n--- errors\n{Errors}";

    /// <summary>Starts it and waits until it is ready.</summary>
    public static Task<GatewayProcess> StartAsync(string manifests = "", params string[] options) => StartOnAsync(Loopback.Next(), manifests, options);

    /// <summary>Starts it on an address that another may have.</summary>
    public static async Task<GatewayProcess> StartOnAsync(IPAddress address, string manifests, params string[] options)
    {
        GatewayProcess gateway = LaunchOn(NewFolder(manifests), address, options);
        try
        {
            await gateway.BecomesReadyAsync();
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it and does not wait.</summary>
    public static GatewayProcess Launch(string manifests = "", params string[] options) => LaunchOn(NewFolder(manifests), Loopback.Next(), options);

    private static DirectoryInfo NewFolder(string manifests)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tidegate-test-");
        if (manifests.Length > 0)
        {
            File.WriteAllText(Path.Combine(folder.FullName, "manifests.yaml"), manifests);
        }

        return folder;
    }

    /// <summary>Ends it at once, as a crash does, and starts another on the same folder.</summary>
    public async Task<GatewayProcess> CrashAndStartAgainAsync(params string[] options)
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        GatewayProcess next = LaunchOn(Folder, Loopback.Next(), options);
        await next.BecomesReadyAsync();
        return next;
    }

    /// <summary>Starts another beside it, on the same address and with the same objects, and does not wait.</summary>
    public GatewayProcess LaunchBeside()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tidegate-test-");
        foreach (FileInfo file in Folder.EnumerateFiles())
        {
            file.CopyTo(Path.Combine(folder.FullName, file.Name));
        }

        return LaunchOn(folder, Address, []);
    }

    private static GatewayProcess LaunchOn(DirectoryInfo folder, IPAddress address, string[] options)
    {
        int adminPort = FreePort();
        int agentPort = FreePort();
        string[] own = ["--bind", address.ToString(), "--admin-port", $"{adminPort}", "--agent-port", $"{agentPort}", "--concurrency", "1",
            "--state", Path.Combine(folder.FullName, ".state")];
        var start = new ProcessStartInfo("dotnet", ["exec", Repository.Program, "run", folder.FullName, .. own, .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new GatewayProcess(Process.Start(start)!, folder, address, adminPort) { AgentPort = agentPort };
    }

    /// <summary>Waits for the 200 of the readiness page.</summary>
    public Task BecomesReadyAsync() => Eventually.HoldsAsync(
        async () =>
        {
            Assert.False(_process.HasExited, $"the gateway ended with {(_process.HasExited ? _process.ExitCode : 0)}\n{Log}");
            return await StatusOfAsync($"http://{Address}:15021/healthz/ready") == HttpStatusCode.OK;
        },
        () => $"the gateway is ready\n{Log}");

    /// <summary>Where a port of the gateway is.</summary>
    public IPEndPoint At(int port) => new(Address, port);

    /// <summary>A raw connection to a port of the gateway.</summary>
    public Task<RawClient> ConnectAsync(int port = 8080) => RawClient.ConnectAsync(At(port));

    /// <summary>One request on a connection of its own.</summary>
    public async Task<WireResponse> ExchangeAsync(string request, int port = 8080)
    {
        using RawClient client = await ConnectAsync(port);
        return await client.ExchangeAsync(request);
    }

    /// <summary>A GET on a connection of its own.</summary>
    public Task<WireResponse> GetAsync(string host, string path = "/", int port = 8080) =>
        ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n", port);

    /// <summary>An admin page as text.</summary>
    public Task<string> AdminAsync(string path) =>
        Http.GetStringAsync(new Uri($"http://127.0.0.1:{AdminPort}/{path}"), TestContext.Current.CancellationToken);

    /// <summary>Asks an admin page to change something.</summary>
    public async Task PostAsync(string path)
    {
        using HttpResponseMessage response = await Http.PostAsync(new Uri($"http://127.0.0.1:{AdminPort}/{path}"), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Status and text of the admin page that says how the server is.</summary>
    public async Task<(int Status, string Text)> ReadyPageAsync()
    {
        using HttpResponseMessage response = await Http.GetAsync(new Uri($"http://127.0.0.1:{AdminPort}/ready"), TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The present value of a statistic; 0 when there is none.</summary>
    public async Task<long> StatAsync(string name)
    {
        string page = await AdminAsync("stats");
        string? line = page.Split('\n').FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(name.Length + 2), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Writes a manifest into the watched folder, whole at once.</summary>
    public void Apply(string fileName, string manifests)
    {
        // Beside the folder, then moved in, as editors and kubelets do it: no half-written file is ever seen.
        string temporary = Folder.FullName + ".new";
        File.WriteAllText(temporary, manifests);
        File.Move(temporary, Path.Combine(Folder.FullName, fileName), overwrite: true);
    }

    /// <summary>Removes a manifest.</summary>
    public void Remove(string fileName) => File.Delete(Path.Combine(Folder.FullName, fileName));

    /// <summary>Waits until a GET gets that status.</summary>
    public Task AnswersAsync(int status, string host, string path = "/", int port = 8080) => Eventually.HoldsAsync(
        async () => await TryGetStatusAsync(host, path, port) == status,
        () => $"GET {host}{path} at port {port} answers {status}\n{Log}");

    /// <summary>Waits for a line of the event log.</summary>
    public Task ReportsAsync(string text) => Eventually.HoldsAsync(
        () => Task.FromResult(Errors.Contains(text, StringComparison.Ordinal)), () => $"the log says \"{text}\"\n{Log}");

    /// <summary>Waits for a line of the access log that holds the text, and gives the line.</summary>
    public async Task<string> LogsAsync(string text)
    {
        string? Find() => Output.Split('\n').FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal));
        await Eventually.HoldsAsync(() => Task.FromResult(Find() is not null), () => $"the access log says \"{text}\"\n{Log}");
        return Find()!;
    }

    /// <summary><c>tidegate ARGS</c> against this gateway's admin port.</summary>
    public Task<CommandResult> CommandAsync(params string[] arguments) =>
        TidegateCommand.RunAsync([.. arguments, "--proxy-admin-port", $"{AdminPort}"]);

    /// <summary>Sends a signal: TERM, INT, USR1, ...</summary>
    public async Task SignalAsync(string name) => _ = (await TidegateCommand.RunProgramAsync("kill", $"-{name}", $"{ProcessId}")).Succeeded;

    /// <summary>Waits for the end of the process and gives its exit code.</summary>
    public async Task<int> ExitsAsync()
    {
        await Eventually.HoldsAsync(() => Task.FromResult(_process.HasExited), () => $"the gateway ends\n{Log}");
        await _reading;
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        Http.Dispose();
        await _reading;
        _process.Dispose();
        if (Directory.Exists(Folder.FullName))
        {
            Folder.Delete(recursive: true);
        }
    }

    private async Task<int?> TryGetStatusAsync(string host, string path, int port)
    {
        try
        {
            return (await GetAsync(host, path, port)).Status;
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or WireException)
        {
            return null;
        }
    }

    private async Task<HttpStatusCode?> StatusOfAsync(string url)
    {
        try
        {
            using HttpResponseMessage response = await Http.GetAsync(new Uri(url), TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null; // not listening yet
        }
    }

    // Each only once: between here and the gateway's own bind nobody takes it.
    private static int FreePort()
    {
        while (true)
        {
            int port = FirstPort + (int)((uint)Interlocked.Increment(ref _lastPort) % PortCount);
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                continue; // somebody else's
            }
        }
    }

    private static async Task CollectAsync(StreamReader reader, StringBuilder text)
    {
        char[] buffer = new char[4096];
        while (await reader.ReadAsync(buffer) is > 0 and int count)
        {
            lock (text)
            {
                text.Append(buffer, 0, count);
            }
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
