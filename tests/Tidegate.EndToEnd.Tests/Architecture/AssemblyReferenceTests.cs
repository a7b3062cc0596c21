using System.Reflection;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Architecture;

/// <summary>The arrows of docs/architecture.md, read from the built assemblies: a project knows those below it and no others.</summary>
public sealed class AssemblyReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["tidegate"] = ["Tidegate.Pilot", "Tidegate.Proxy", "Tidegate.RateLimit", "Tidegate.Hosting", "Tidegate.Http", "Tidegate.Net", "Tidegate.Rules", "Tidegate.Xds"],
        ["Tidegate.Pilot"] = ["Tidegate.Hosting", "Tidegate.Rules", "Tidegate.Xds"],
        ["Tidegate.Proxy"] = ["Tidegate.Hosting", "Tidegate.Http", "Tidegate.Net", "Tidegate.Rules", "Tidegate.Xds"],
        ["Tidegate.RateLimit"] = ["Tidegate.Hosting", "Tidegate.Xds"],
        ["Tidegate.Hosting"] = [],
        ["Tidegate.Http"] = [],
        ["Tidegate.Net"] = [],
        ["Tidegate.Rules"] = [],
        ["Tidegate.Xds"] = [],
    };

    public static TheoryData<string> Assemblies => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void An_assembly_references_only_what_lies_below_it(string name)
    {
        IEnumerable<string> references = Assembly.Load(name).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(Allowed.ContainsKey);

        Assert.Empty(references.Except(Allowed[name]));
    }

    [Fact]
    public void Every_project_under_src_is_in_the_table() => Assert.Equal(
        Allowed.Keys.Order(StringComparer.OrdinalIgnoreCase),
        Directory.GetDirectories(Repository.PathOf("src")).Select(Path.GetFileName).Order(StringComparer.OrdinalIgnoreCase),
        StringComparer.OrdinalIgnoreCase);

    [Theory]
    [InlineData("Tidegate.Http", "System.Net.Sockets")]
    [InlineData("Tidegate.Pilot", "System.Net.Sockets")]
    [InlineData("Tidegate.Proxy", "YamlDotNet")]
    [InlineData("Tidegate.Proxy", "Microsoft.AspNetCore")]
    [InlineData("Tidegate.Net", "Google.Protobuf")]
    public void An_assembly_stays_away_from(string name, string foreign) => Assert.DoesNotContain(
        Assembly.Load(name).GetReferencedAssemblies(),
        reference => reference.Name!.StartsWith(foreign, StringComparison.Ordinal));
}
