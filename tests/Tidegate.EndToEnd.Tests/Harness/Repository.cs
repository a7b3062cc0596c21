namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>Where things are in the checkout that these tests were built from.</summary>
public static class Repository
{
    /// <summary>The folder that holds Tidegate.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// The executable: what <c>TIDEGATE_PROGRAM</c> names (<c>./test</c> names the one that the launcher runs, which starts with compiled code), or what was
    /// built before these tests because they reference its project.
    /// </summary>
    public static string Program { get; } =
        Environment.GetEnvironmentVariable("TIDEGATE_PROGRAM") ?? Path.Combine(Root, "src/Tidegate/bin/Release/net10.0/tidegate.dll");

    /// <summary>A path below the root.</summary>
    public static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tidegate.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no Tidegate.slnx above {AppContext.BaseDirectory}");
    }
}
