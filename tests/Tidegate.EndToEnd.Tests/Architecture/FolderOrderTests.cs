using System.Reflection;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Architecture;

/// <summary>
/// The folders of a project have an order, and none uses another that is not below it: there are no circles, and what lies low can be read without what lies
/// above. A folder and its subfolders are one; "." are the files of the project itself. The large folders have an order of their own.
/// </summary>
public sealed class FolderOrderTests
{
    // The lowest first.
    private static readonly Dictionary<string, string[]> Orders = new()
    {
        ["Tidegate"] = ["Failures", "Printing", "Settings", "Running", "Diagnostics", "Admin", "Agent", "Composition", "ProxyConfig", "Demo", "Commands", "."],
        ["Tidegate.Hosting"] = ["Background", "Interop", "Files", "Web"],
        ["Tidegate.Http"] = ["Tokens", "Paths", "Headers", ".", "Http1", "Http2"],
        ["Tidegate.Http/Http2"] = ["Hpack", ".", "Floods", "Messages", "Frames", "Streams", "Connections"],
        ["Tidegate.Net"] = ["Timers", "Memory", "Buffers", ".", "Tls", "Interop", "Epoll"],
        ["Tidegate.Pilot"] = ["Yaml", "Resources", "Validation", "Sources", "Translation", "Snapshots", "Analysis", "."],
        ["Tidegate.Pilot/Sources"] = ["Reading", "Kinds", ".", "Kubernetes"],
        ["Tidegate.Pilot/Translation"] =
        [
            "Features", ".", "Incremental", "Findings", "Services", "Security", "DestinationRules", "VirtualServices", "Gateways", "Attachment", "SecurityPolicies", "Routes", "Listeners", "Mesh", "Clusters",
            "EnvoyFilters", "Secrets", "Passes", "Origins", "Steps",
        ],
        ["Tidegate.Proxy"] =
        [
            "Wire", "Routing", "ProxyProtocol", "Telemetry", "Overload", "Workers", "Tls", "Clusters", "Upstream", "Requests", "Formatting", "AccessLogs", "Istio", "Fields",
            "LocalReplies", "Filters", "Runtime", "HeaderPolicy", "Compilation", "Configuration", "Listeners", "Exchanges", "Tcp", "Downstream", "Inspection", ".",
        ],
        ["Tidegate.Proxy/Exchanges"] = ["InternalRedirects", ".", "Tunnels", "Forwarding"],
        ["Tidegate.Proxy/Runtime"] = ["Hashing", ".", "FilterChains"],
        ["Tidegate.RateLimit"] = ["Statistics", "Limits", "Configuration", "Counters", "Serving", "."],
        ["Tidegate.Rules"] = ["Tokens", "Expressions", "Values", "Formats"],
    };

    // "User -> used", both with their folders, and why it has to be.
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["Exchanges/ExchangeRunner -> Exchanges/Forwarding/Forwarder"] = "a stream has the runner of its exchanges for as long as it lives, and that the forwarder, which reads and writes the stream",
        ["Exchanges/ExchangeServices -> Exchanges/Forwarding/MirrorRequests"] = "what a worker's exchanges share has the pool of their copies",
    };

    public static TheoryData<string> Folders => [.. Orders.Keys];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_only_what_lies_below_it(string folder)
    {
        string[] order = Orders[folder];
        string[] wrong =
        [
            .. from use in UsesIn(folder)
               let user = Array.IndexOf(order, use.Part)
               let used = Array.IndexOf(order, use.UsedPart)
               where used > user && user >= 0 && !Exceptions.ContainsKey(use.Name)
               orderby use.Name
               select $"{use.Name} (in {use.Member})",
        ];

        Assert.True(wrong.Length == 0, string.Join("\n", wrong));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_folder_has_its_place(string folder)
    {
        string path = Repository.PathOf(Path.Combine("src", folder));
        IEnumerable<string> found = Directory.GetDirectories(path)
            .Where(static inner => Path.GetFileName(inner) is not ("bin" or "obj") && Directory.EnumerateFiles(inner, "*.cs", SearchOption.AllDirectories).Any())
            .Select(static inner => Path.GetFileName(inner)!);
        if (Directory.EnumerateFiles(path, "*.cs").Any())
        {
            found = found.Append(".");
        }

        Assert.Equal(found.Order(StringComparer.Ordinal), Orders[folder].Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_exception_is_needed()
    {
        var known = Orders.Keys.SelectMany(UsesIn).Select(static use => use.Name).ToHashSet();

        Assert.Empty(Exceptions.Keys.Except(known));
    }

    [Fact]
    public void Every_project_with_folders_has_an_order() => Assert.Equal(
        Directory.GetDirectories(Repository.PathOf("src")).Select(static name => Path.GetFileName(name)!).Where(static name => name != "Tidegate.Xds").Order(StringComparer.Ordinal),
        Orders.Keys.Where(static folder => !folder.Contains('/')).Order(StringComparer.Ordinal));

    private static IEnumerable<(string Part, string UsedPart, string Name, string Member)> UsesIn(string folder)
    {
        string project = folder.Split('/')[0];
        string inner = folder[project.Length..].TrimStart('/');
        string assembly = Assembly.Load(project == "Tidegate" ? "tidegate" : project).Location;
        return from use in TypeUses.Of(assembly, project)
               let user = PartOf(use.Folder, inner)
               let used = PartOf(use.UsedFolder, inner)
               where user is not null && used is not null && user != used
               select (user, used, $"{Path.Combine(use.Folder, use.User)} -> {Path.Combine(use.UsedFolder, use.Used)}", use.Member);
    }

    // The subfolder of a folder that another is or lies in; "." for the folder itself, null for what lies elsewhere.
    private static string? PartOf(string folder, string inner)
    {
        if (folder == inner)
        {
            return ".";
        }

        string prefix = inner.Length == 0 ? inner : inner + "/";
        return folder.StartsWith(prefix, StringComparison.Ordinal) ? folder[prefix.Length..].Split('/')[0] : null;
    }
}
