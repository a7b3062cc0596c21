using System.Reflection;
using System.Reflection.Emit;
using Tidegate.Commands;
using Tidegate.Http.Http1;
using Tidegate.Proxy;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Tests.Architecture;

/// <summary>Statistics that are exported are recorded, and those that are recorded are exported.</summary>
public sealed class StatisticsTests
{
    private static readonly Assembly[] Assemblies = [typeof(Http1Limits).Assembly, typeof(ProxyServer).Assembly, typeof(TidegateCommand).Assembly];

    private static readonly string Tables = CompiledCode.NameOf(typeof(StatTables));

    // The classes that have a table, with all of their statistics.
    private static readonly FieldInfo[] Statistics =
    [
        .. typeof(StatTables).GetFields().Where(static field => field.FieldType.IsGenericType && field.FieldType.GetGenericTypeDefinition() == typeof(StatTable<>))
            .Select(static field => field.FieldType.GenericTypeArguments[0]).Distinct()
            .SelectMany(static type => type.GetFields(BindingFlags.Instance | BindingFlags.Public)),
    ];

    [Fact]
    public void Every_statistic_is_exported()
    {
        HashSet<string> exported = [.. CompiledCode.UsesOf([typeof(StatTables).Assembly]).Where(static use => IsIn(use, Tables)).Select(static use => use.Member)];

        AssertNone("recorded and not exported", name => !exported.Contains(name));
    }

    [Fact]
    public void Every_statistic_is_recorded()
    {
        HashSet<string> owners = [.. Statistics.Select(static field => CompiledCode.NameOf(field.DeclaringType!))];
        MemberUse[] uses = [.. CompiledCode.UsesOf(Assemblies).Where(use => owners.Any(owner => use.Member.StartsWith(owner + ".", StringComparison.Ordinal)))];
        HashSet<string> called = [.. uses.Where(use => use.Code.FlowControl == FlowControl.Call && !owners.Contains(use.Type)).Select(static use => use.Member)];
        HashSet<string> recorded =
        [
            .. uses.Where(use => !IsIn(use, Tables) && (!owners.Contains(use.Type) || called.Contains($"{use.Type}.{use.Method}")))
                .Where(use => Statistics.Any(field => NameOf(field) == use.Member && IsRecording(use.Code, field))).Select(static use => use.Member),
        ];

        AssertNone("exported and never recorded", name => !recorded.Contains(name));
    }

    private static void AssertNone(string what, Func<string, bool> isWrong)
    {
        string all = string.Join(", ", Statistics.Select(NameOf).Where(isWrong));
        Assert.True(all.Length == 0, $"{what}: {all}");
    }

    private static string NameOf(FieldInfo field) => $"{CompiledCode.NameOf(field.DeclaringType!)}.{field.Name}";

    // A number is set, or its place is given to what sets it; what holds several (a histogram) is asked to take one more.
    private static bool IsRecording(OpCode code, FieldInfo field) => field.IsInitOnly ? code == OpCodes.Ldfld : code == OpCodes.Stfld || code == OpCodes.Ldflda;

    private static bool IsIn(MemberUse use, string type) => use.Type == type || use.Type.StartsWith(type + ".", StringComparison.Ordinal);
}
