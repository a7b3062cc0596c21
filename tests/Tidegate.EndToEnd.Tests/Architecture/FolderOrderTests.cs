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
        ["Tidegate.Proxy"] =
        [
            "Wire", "Routing", "ProxyProtocol", "Telemetry", "Workers", "Tls", "Clusters", "Upstream", "Requests", "Formatting", "AccessLogs", "Istio", "Fields",
            "LocalReplies", "Filters", "Runtime", "HeaderPolicy", "Compilation", "Configuration", "Listeners", "Exchanges", "Tcp", "Downstream", ".",
        ],
    };

    // "User -> used", both with their folders, and why it has to be.
    private static readonly Dictionary<string, string> Exceptions = [];

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

        Assert.Equal("", string.Join("\n", wrong));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_folder_has_its_place(string folder)
    {
        string path = Repository.PathOf(Path.Combine("src", folder));
        IEnumerable<string> found = Directory.GetDirectories(path).Select(static name => Path.GetFileName(name)!)
            .Where(static name => name is not ("bin" or "obj" or "Properties" or "wwwroot" or "node_modules"));
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
