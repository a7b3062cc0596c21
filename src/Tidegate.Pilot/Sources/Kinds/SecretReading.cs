using System.Text;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads a Secret's values. A message about one never contains it.</summary>
internal static class SecretReading
{
    public static IReadOnlyDictionary<string, byte[]> ReadData(ObjectReader root)
    {
        root.Ignore("immutable");
        Dictionary<string, byte[]> data = [];
        foreach ((string key, string value) in root.Map("data"))
        {
            try
            {
                data[key] = Convert.FromBase64String(value);
            }
            catch (FormatException)
            {
                root.Error("data", $"the value of \"{key}\" is not base64; write it under stringData to give it as it is");
            }
        }

        foreach ((string key, string value) in root.Map("stringData"))
        {
            data[key] = Encoding.UTF8.GetBytes(value);
        }

        return data;
    }
}
