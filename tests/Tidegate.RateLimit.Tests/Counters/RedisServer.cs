using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tidegate.RateLimit.Tests.Counters;

/// <summary>A Redis of Debian's, on a port of its own, that can be stopped, held and started again.</summary>
internal sealed class RedisServer : IDisposable
{
    private Process _process;

    public RedisServer()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        _process = Launch();
    }

    /// <summary>Whether there is one on this machine.</summary>
    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(static folder => File.Exists(Path.Combine(folder, "redis-server")));

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Ends it at once.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Starts it again, with nothing in it.</summary>
    public void Restart() => _process = Launch();

    /// <summary>Lets it stand still, or go on.</summary>
    public void Signal(string name) => Process.Start("kill", ["-" + name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).WaitForExit();

    /// <inheritdoc/>
    public void Dispose()
    {
        Signal("CONT");
        Kill();
    }

    private Process Launch() => Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]) { RedirectStandardOutput = true })!;
}
