using System.Text;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads a Secret's values. A message about one never contains it (<see cref="ReadingContext"/>).</summary>
internal static class SecretReading
{
    public static IReadOnlyDictionary<string, byte[]> ReadData(ObjectReader root)
    {
        root.Ignore("immutable");
        var data = new Dictionary<string, byte[]>(root.BytesMap("data"));
        foreach ((string key, string value) in root.Map("stringData"))
        {
            data[key] = Encoding.UTF8.GetBytes(value);
        }

        return data;
    }
}
