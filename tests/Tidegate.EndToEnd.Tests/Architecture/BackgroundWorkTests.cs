using System.Text.RegularExpressions;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Architecture;

/// <summary>
/// Whatever goes on beside the traffic runs in <c>BackgroundWork</c>, where nothing ends it: no other source starts a thread, a timer, or a task that nobody awaits.
/// </summary>
public sealed partial class BackgroundWorkTests
{
    // What is no such work, and why.
    private static readonly Dictionary<string, string> Others = new()
    {
        ["src/Tidegate.Net/EventLoop.cs"] = "a worker's own thread, which catches all that its callbacks throw; the clock of tests",
        ["src/Tidegate.Net/LoopMethodBox.cs"] = "hands on what a caller did not catch, to end the process as an unhandled exception does",
        ["src/Tidegate.Proxy/AccessLogs/AccessLogFile.cs"] = "may wait for a blocked pipe for ever, so it has a thread of its own",
        ["src/Tidegate.Proxy/Tls/SessionContexts.cs"] = "a handshake that never takes place",
        ["src/Tidegate/Composition/ProcessEnd.cs"] = "ends the process when the thread pool hangs",
    };

    [Fact]
    public void No_other_source_starts_work_that_nobody_awaits()
    {
        string[] found =
        [
            .. from file in Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
               let path = Path.GetRelativePath(Repository.Root, file)
               where !path.Split('/').Any(static part => part is "bin" or "obj" or "node_modules") && !path.StartsWith("src/Tidegate.Hosting/Background/", StringComparison.Ordinal)
               where DetachedWork().IsMatch(File.ReadAllText(file))
               select path,
        ];

        Assert.Equal(Others.Keys.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"\bTask\.Run\(|\bnew Thread\(|\bnew Timer\(|\bPeriodicTimer\b|\.CreateTimer\(|\bThreadPool\.|\basync void\b|\b_ = [\w.]+Async\(|\.ContinueWith\(|Task\.Factory\b")]
    private static partial Regex DetachedWork();
}
