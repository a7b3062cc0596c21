using System.Reflection;
using Tidegate.Commands;
using Tidegate.Proxy;

namespace Tidegate.Tests.Architecture;

/// <summary>What the proxy compiles it also acts on: a setting that is compiled and that nobody reads would be accepted without any effect, and without a word.</summary>
public sealed class CompiledFieldTests
{
    private static readonly string[] CompiledNamespaces =
        ["Tidegate.Proxy.Clusters", "Tidegate.Proxy.Runtime", "Tidegate.Proxy.Filters", "Tidegate.Proxy.Tls", "Tidegate.Proxy.ProxyProtocol"];

    // By these the next version is compared with the one in force, and what was refused is told of: that is the compilers' own affair.
    private static readonly string[] KeptForCompilers = ["Name", "Source", "Refused", "HasConflicts", "ConfigPath"];

    private static readonly Dictionary<string, string> ReadOtherwise = new()
    {
        ["RuntimeHttpConnectionManager.ServerName"] = "as ServerNameBytes",
        ["RuntimeRoute.Destinations"] = "as the field behind it, by ChooseDestination",
        ["RuntimeHttpConnectionManager.Via"] = "as ViaBytes",
    };

    [Fact]
    public void Every_compiled_field_has_a_reader()
    {
        // Compilers write, records print themselves: neither acts on anything.
        var reads = new PropertyReads(
            [typeof(ProxyServer).Assembly, typeof(TidegateCommand).Assembly],
            static (type, method) => !type.StartsWith("Tidegate.Proxy.Compilation", StringComparison.Ordinal) && method != "PrintMembers");
        IEnumerable<string> unread =
            from type in typeof(ProxyServer).Assembly.GetTypes()
            where IsCompiled(type)
            from property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            where IsInit(property) && property.GetMethod is not null && !KeptForCompilers.Contains(property.Name) && !reads.Has(property)
            let name = $"{type.Name}.{property.Name}"
            where !ReadOtherwise.ContainsKey(name)
            orderby name
            select name;
        string all = string.Join(", ", unread);

        Assert.True(all.Length == 0, $"compiled and read by nobody: {all}");
    }

    private static bool IsCompiled(Type type) =>
        CompiledNamespaces.Any(prefix => type.Namespace?.StartsWith(prefix, StringComparison.Ordinal) == true)
        && !type.IsGenericType;

    private static bool IsInit(PropertyInfo property) =>
        property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Any(static modifier => modifier.Name == "IsExternalInit") == true;
}
