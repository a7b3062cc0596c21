using System.Text.Json;
using Tidegate.Hosting.Files;

namespace Tidegate.RateLimit.Counters;

/// <summary>A counter as it is kept.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value.</param>
/// <param name="EndsAt">When it is not needed any more, in seconds since 1970.</param>
public sealed record SavedCounter(string Key, long Value, long EndsAt);

/// <summary>The file that counters are kept in. It is written beside and moved into place, so that it is whole whenever the process ends.</summary>
/// <param name="path">The file.</param>
public sealed class CounterFile(string path)
{
    private const long MaxBytes = 1024L * 1024 * 1024;

    /// <summary>Reads it; nothing when it is not there.</summary>
    /// <exception cref="IOException">It cannot be read, or is none.</exception>
    public IReadOnlyList<SavedCounter> Load()
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize<List<SavedCounter>>(RegularFile.Read(path, MaxBytes)) ?? [];
        }
        catch (JsonException exception)
        {
            throw new IOException($"{path} is no file of counters: {exception.Message}", exception);
        }
    }

    /// <summary>Writes it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(IEnumerable<SavedCounter> counters)
    {
        string beside = path + ".new";
        using (FileStream stream = new(beside, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(stream, counters);
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }
}
