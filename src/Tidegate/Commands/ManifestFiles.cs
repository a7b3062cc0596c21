using Tidegate.Failures;

namespace Tidegate.Commands;

/// <summary>Finds and reads the manifests that a command line names: files, directories with all below them, and <c>-</c> for standard input.</summary>
internal static class ManifestFiles
{
    /// <summary>What stands for standard input.</summary>
    public const string StandardInput = "-";

    private const int MaxDepth = 32;

    // What the gateway takes as a manifest at most.
    private const long MaxFileBytes = 10 * 1024 * 1024;

    private static readonly string[] Extensions = [".json", ".yaml", ".yml"];

    /// <summary>The files, in the order of the arguments and within a directory by name.</summary>
    /// <param name="arguments">What was named.</param>
    /// <param name="isNamedTaken">Whether a file that is named itself is taken whatever it is called.</param>
    /// <param name="skipped">Called with what is not taken for a manifest.</param>
    /// <exception cref="CommandException">Something is not there.</exception>
    public static IEnumerable<string> Find(IEnumerable<string> arguments, bool isNamedTaken, Action<string> skipped)
    {
        foreach (string argument in arguments)
        {
            if (argument != StandardInput && !File.Exists(argument) && !Directory.Exists(argument))
            {
                throw new CommandException($"stat {argument}: no such file or directory");
            }

            foreach (string path in argument != StandardInput && Directory.Exists(argument) ? Below(argument, 0) : [argument])
            {
                if (path == StandardInput || Extensions.Contains(Path.GetExtension(path)) || (isNamedTaken && path == argument))
                {
                    yield return path;
                }
                else
                {
                    skipped(path);
                }
            }
        }
    }

    /// <summary>The text of a file.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    public static async Task<string> ReadAsync(string path, CommandConsole console, CancellationToken cancellation)
    {
        if (path == StandardInput)
        {
            return await console.Input.ReadToEndAsync(cancellation).ConfigureAwait(false);
        }

        try
        {
            return new FileInfo(path).Length <= MaxFileBytes
                ? await File.ReadAllTextAsync(path, cancellation).ConfigureAwait(false)
                : throw new CommandException($"open {path}: larger than {MaxFileBytes / 1024 / 1024} MiB, which no manifest is");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"open {path}: {exception.Message}", exception);
        }
    }

    // Links to directories are not followed: they may lead back.
    private static IEnumerable<string> Below(string directory, int depth)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(directory).EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            string path = Path.Combine(directory, entry.Name);
            if ((entry.Attributes & FileAttributes.Directory) == 0)
            {
                yield return path;
            }
            else if (entry.LinkTarget is null && depth < MaxDepth)
            {
                foreach (string below in Below(path, depth + 1))
                {
                    yield return below;
                }
            }
        }
    }
}
