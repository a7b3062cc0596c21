using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Files;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>
/// A copy of a cluster's objects on disk, a file for each collection, so that a gateway that starts while the API server is away serves what it had. For the user alone:
/// Secrets are among them.
/// </summary>
/// <param name="folder">Where.</param>
/// <param name="reader">Reads the objects again.</param>
/// <param name="logger">Is told of what cannot be written or read.</param>
internal sealed partial class ClusterCopy(string folder, ManifestReader reader, ILogger logger)
{
    private const long MaxFileBytes = 1024 * 1024 * 1024;

    /// <summary>The objects of a collection; null where there is no copy.</summary>
    public Dictionary<ObjectName, Manifest>? Read(ClusterCollection collection)
    {
        string path = PathOf(collection);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            using JsonDocument list = ClusterAnswers.Parse(RegularFile.Read(path, MaxFileBytes));
            Dictionary<ObjectName, Manifest> objects = [];
            foreach (JsonElement item in list.RootElement.GetProperty("items").EnumerateArray())
            {
                var name = new ObjectName(ClusterAnswers.Text(item, "metadata", "namespace"), ClusterAnswers.Text(item, "metadata", "name"));
                objects[name] = reader.Read(ClusterSource.Place, JsonYaml.Read(item, ClusterAnswers.Text(item, "apiVersion"), ClusterAnswers.Text(item, "kind")));
            }

            return objects;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ClusterFailure or KeyNotFoundException or InvalidOperationException)
        {
            LogNotRead(logger, path, exception.Message);
            return null;
        }
    }

    /// <summary>Keeps exactly these objects of a collection.</summary>
    public void Write(ClusterCollection collection, IEnumerable<Manifest> objects)
    {
        string path = PathOf(collection);
        try
        {
            StateFile.Write(path, ManifestText.Of(objects.SelectMany(static each => each.Resources.Concat(each.Broken))));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            LogNotWritten(logger, path, exception.Message);
        }
    }

    private string PathOf(ClusterCollection collection) => StateFile.PathOf(folder, $"{collection.Name}?{collection.Selector}", ".cluster.json");

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} cannot be read ({Reason}): there is no copy of what it should hold")]
    private static partial void LogNotRead(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} cannot be written ({Reason}): a start without the API server has an older copy")]
    private static partial void LogNotWritten(ILogger logger, string path, string reason);
}
