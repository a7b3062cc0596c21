using System.Text;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Files;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Sources;

/// <summary>
/// Remembers, beyond the life of the process, the objects that stay in force although their file does not say them any more: the last good
/// versions of what is wrong now (design.md, "The control plane"; edge.md F03, L04). For each such file there is one manifest in a folder; as long as
/// nothing is wrong there is nothing in it, not even the folder.
/// </summary>
/// <param name="folder">Where; made when it is needed, for the user alone, because a Secret may be among the objects.</param>
/// <param name="logger">Tells what cannot be written or read.</param>
public sealed partial class LastGoodObjects(string folder, ILogger<LastGoodObjects> logger)
{
    // Far more than the objects of one manifest take.
    private const long MaxFileBytes = 256 * 1024 * 1024;

    /// <summary>The objects that were remembered for a file; none when there are none.</summary>
    internal IReadOnlyList<Resource> Read(string file)
    {
        string path = PathOf(file);
        try
        {
            if (!File.Exists(path))
            {
                return [];
            }

            // The objects say their namespaces, so the default is not asked for.
            Manifest manifest = new ManifestReader(string.Empty).Read(path, Encoding.UTF8.GetString(RegularFile.Read(path, MaxFileBytes)));
            foreach (Diagnostic problem in manifest.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error))
            {
                LogNotRead(logger, path, problem.ToString());
            }

            return manifest.Resources;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotRead(logger, path, exception.Message);
            return [];
        }
    }

    /// <summary>Remembers exactly these objects for a file.</summary>
    internal void Write(string file, IReadOnlyCollection<Resource> objects)
    {
        string path = PathOf(file);
        try
        {
            if (objects.Count == 0)
            {
                if (File.Exists(path))
                {
                    File.Delete(path);
                }

                return;
            }

            StateFile.Write(path, ManifestText.Of(objects.OrderBy(static resource => resource.Key.ToString(), StringComparer.Ordinal)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // The last: an object that is nested deeper than JSON may be.
            LogNotWritten(logger, path, exception.Message);
        }
    }

    private string PathOf(string file) => StateFile.PathOf(folder, file, ".json");

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} cannot be read ({Reason}): what is wrong now and would be in it has no last good version")]
    private static partial void LogNotRead(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} cannot be written ({Reason}): after a restart, objects that are wrong now will have no last good version")]
    private static partial void LogNotWritten(ILogger logger, string path, string reason);
}
