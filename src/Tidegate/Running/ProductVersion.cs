using System.Globalization;
using System.Reflection;
using Envoy.Type.V3;

namespace Tidegate.Running;

/// <summary>Tidegate's own version.</summary>
internal static class ProductVersion
{
    private static readonly Version Assembly = typeof(ProductVersion).Assembly.GetName().Version ?? new Version(0, 0, 0);

    /// <summary>Such as <c>0.1.0</c>.</summary>
    public static string Text { get; } = Assembly.ToString(3);

    /// <summary>The same in Envoy's form.</summary>
    public static SemanticVersion Semantic { get; } = new()
    {
        MajorNumber = (uint)Assembly.Major,
        MinorNumber = (uint)Assembly.Minor,
        Patch = (uint)Math.Max(0, Assembly.Build),
    };

    /// <summary>The commit that it was built from, where the build knew; else <c>unknown</c>.</summary>
    public static string Revision { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, var revision]
            ? revision
            : "unknown";

    /// <summary>Its first six digits as a number, as Envoy tells its own; 0 where it is not known.</summary>
    public static long RevisionNumber { get; } =
        Revision.Length >= 6 && uint.TryParse(Revision[..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint number) ? number : 0;
}
