using System.Globalization;
using Tidegate.Hosting.Files;

namespace Tidegate.Proxy.Overload;

/// <summary>
/// What the kernel holds for the sockets of this container, where the container has a limit of memory that counts it: <c>sock</c> in <c>memory.stat</c> (cgroup v2), or
/// <c>memory.kmem.tcp.usage_in_bytes</c> (v1).
/// </summary>
internal sealed class SocketMemory
{
    private const int MaxFileBytes = 64 * 1024;

    private readonly string? _file;
    private readonly string _field;

    private SocketMemory(string? file, string field)
    {
        _file = file;
        _field = field;
    }

    /// <summary>Whether it is to be had.</summary>
    public bool IsKnown => _file is not null;

    /// <summary>Finds where the kernel tells it.</summary>
    /// <param name="root">Where the groups are mounted.</param>
    /// <param name="membership">The file that says which group the process is in.</param>
    public static SocketMemory Find(string root = "/sys/fs/cgroup", string membership = "/proc/self/cgroup")
    {
        string[] groups = File.Exists(membership) ? File.ReadAllLines(membership) : [];
        string v2 = PathOf(groups, "0::");
        string v1 = PathOf(groups, groups.FirstOrDefault(static line => line.Contains(":memory:", StringComparison.Ordinal))?.Split('/')[0] ?? "memory:");

        // A container sees its own group at the root, whatever its path outside.
        foreach (string folder in new[] { root + v2, root })
        {
            if (HasLimit(Path.Combine(folder, "memory.max")))
            {
                return new SocketMemory(Path.Combine(folder, "memory.stat"), "sock ");
            }
        }

        foreach (string folder in new[] { $"{root}/memory{v1}", $"{root}/memory" })
        {
            if (HasLimit(Path.Combine(folder, "memory.limit_in_bytes")) && File.Exists(Path.Combine(folder, "memory.kmem.tcp.usage_in_bytes")))
            {
                return new SocketMemory(Path.Combine(folder, "memory.kmem.tcp.usage_in_bytes"), string.Empty);
            }
        }

        return new SocketMemory(null, string.Empty);
    }

    /// <summary>How many bytes it is now.</summary>
    /// <exception cref="IOException">The kernel does not tell.</exception>
    public long Read()
    {
        foreach (string line in System.Text.Encoding.ASCII.GetString(RegularFile.Read(_file!, MaxFileBytes)).Split('\n'))
        {
            if (line.StartsWith(_field, StringComparison.Ordinal) && long.TryParse(line.AsSpan(_field.Length), CultureInfo.InvariantCulture, out long bytes))
            {
                return bytes;
            }
        }

        return 0;
    }

    private static string PathOf(string[] groups, string prefix) =>
        groups.FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..].TrimEnd('/') ?? string.Empty;

    // No limit is "max", or a number beyond all memory.
    private static bool HasLimit(string file) =>
        File.Exists(file) && long.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out long bytes) && bytes < 1L << 60;
}
