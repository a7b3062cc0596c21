using System.Reflection;

namespace Tidegate.Tests.Architecture;

/// <summary>Which methods of some assemblies read which properties, from their instructions.</summary>
/// <param name="assemblies">The assemblies.</param>
/// <param name="counts">Whether a method counts, by its type's full name and its own.</param>
internal sealed class PropertyReads(IEnumerable<Assembly> assemblies, Func<string, string, bool> counts)
{
    private readonly HashSet<string> _read = [.. CompiledCode.UsesOf(assemblies).Where(use => counts(use.Type, use.Method)).Select(static use => use.Member)];

    /// <summary>Whether a property is read.</summary>
    public bool Has(PropertyInfo property) => _read.Contains($"{CompiledCode.NameOf(property.DeclaringType!)}.get_{property.Name}");
}
