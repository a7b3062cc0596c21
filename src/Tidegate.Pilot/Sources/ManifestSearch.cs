using System.IO.Enumeration;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Files;

namespace Tidegate.Pilot.Sources;

/// <summary>
/// Finds the manifests of a directory and of those below it. Hidden directories are not entered; a link to a directory is followed where it leads into one of these, which is how
/// Kubernetes mounts volumes, and nowhere else: what is visible is read where it is, and what is outside, or leads back, is not read at all. What cannot be looked at costs
/// a line, and is told once for as long as it is there.
/// </summary>
/// <param name="root">The directory.</param>
/// <param name="notice">What has to be looked at of an entry; null for nothing.</param>
/// <param name="logger">Is told of what is left out.</param>
internal sealed partial class ManifestSearch(string root, FileSystemEnumerable<string?>.FindTransform notice, ILogger logger)
{
    private const int MaxDepth = 32;

    private static readonly EnumerationOptions EveryEntry = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly HashSet<string> _followed = [];
    private readonly List<string> _unreadable = [];
    private HashSet<string> _told = [];
    private HashSet<string> _tellingNow = [];
    private string _realRoot = string.Empty;

    /// <summary>The directories that could not be read at the last search: nothing is known of what is in them.</summary>
    public IReadOnlyList<string> Unreadable => _unreadable;

    /// <summary>Whether a file with this name is a manifest.</summary>
    public static bool IsManifest(ReadOnlySpan<char> path)
    {
        ReadOnlySpan<char> name = Path.GetFileName(path);
        return name.Length > 0
            && name[0] is not ('.' or '#')
            && name[^1] != '~'
            && Path.GetExtension(name) is ".yaml" or ".yml" or ".json";
    }

    /// <summary>The manifests that <c>notice</c> wants to be looked at, in order.</summary>
    /// <exception cref="IOException">The root cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The root must not be read.</exception>
    public List<string> Find()
    {
        List<string> found = [];
        _followed.Clear();
        _unreadable.Clear();
        _tellingNow = [];
        _realRoot = RealPath.Of(root);
        Look(root, _realRoot, 0, found);
        _told = _tellingNow;
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    private void Look(string directory, string realDirectory, int depth, List<string> found)
    {
        foreach (string? path in new FileSystemEnumerable<string?>(directory, notice, EveryEntry))
        {
            if (path is null)
            {
                continue;
            }

            if (Directory.Exists(path))
            {
                Enter(path, realDirectory, depth + 1, found);
            }
            else if (IsManifest(path))
            {
                found.Add(path);
            }
        }
    }

    private void Enter(string directory, string realParent, int depth, List<string> found)
    {
        if (depth > MaxDepth)
        {
            Tell(directory, $"is more than {MaxDepth} directories deep and is not entered");
            return;
        }

        try
        {
            bool isLink = File.GetAttributes(directory).HasFlag(FileAttributes.ReparsePoint);
            string real = isLink ? RealPath.Of(directory) : Path.Combine(realParent, Path.GetFileName(directory));
            if (!isLink || IsFollowed(directory, realParent, real))
            {
                Look(directory, real, depth, found);
            }
        }
        catch (Exception exception) when (exception is DirectoryNotFoundException or FileNotFoundException)
        {
            return; // gone meanwhile
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _unreadable.Add(directory);
            Tell(directory, $"cannot be read ({exception.Message}); what was read there before stays in force");
        }
    }

    private bool IsFollowed(string link, string realParent, string target)
    {
        if (IsAtOrBelow(realParent, target))
        {
            Tell(link, $"is a link back to {target}, which it is in, and is not followed");
            return false;
        }

        if (!IsAtOrBelow(target, _realRoot))
        {
            Tell(link, $"is a link to {target}, which is outside of {root}, and is not followed; copy it, or run the gateway on that directory");
            return false;
        }

        bool isHidden = Path.GetRelativePath(_realRoot, target).Split(Path.DirectorySeparatorChar).Any(static part => part.StartsWith('.'));
        return isHidden && _followed.Add(target);
    }

    private static bool IsAtOrBelow(string path, string directory) =>
        path == directory || path.StartsWith(directory.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private void Tell(string path, string reason)
    {
        _tellingNow.Add(path);
        if (!_told.Contains(path))
        {
            LogLeftOut(logger, path, reason);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} {Reason}")]
    private static partial void LogLeftOut(ILogger logger, string path, string reason);
}
