using Tidegate.Hosting.Interop;

namespace Tidegate.Hosting.Files;

/// <summary>Where a path leads when all links in it are followed, those in its directories as well.</summary>
public static class RealPath
{
    /// <summary>The path without links.</summary>
    /// <exception cref="IOException">It leads nowhere, or in a circle.</exception>
    public static string Of(string path) => FileCalls.RealPathOf(path);
}
