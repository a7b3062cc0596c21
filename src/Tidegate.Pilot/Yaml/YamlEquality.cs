namespace Tidegate.Pilot.Yaml;

/// <summary>Compares what YAML says, whatever line it is on and in whatever order its keys are.</summary>
internal static class YamlEquality
{
    /// <summary>Whether both say the same.</summary>
    public static bool AreEqual(YamlNode left, YamlNode right) => (left, right) switch
    {
        _ when ReferenceEquals(left, right) => true,
        (YamlScalar one, YamlScalar other) => one.Value == other.Value && one.Type == other.Type,
        (YamlSequence one, YamlSequence other) => one.Items.Count == other.Items.Count && one.Items.Zip(other.Items).All(pair => AreEqual(pair.First, pair.Second)),
        (YamlMapping one, YamlMapping other) => AreEqual(one, other),
        _ => false,
    };

    private static bool AreEqual(YamlMapping left, YamlMapping right)
    {
        if (left.Entries.Count != right.Entries.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Entries.Count; i++)
        {
            YamlEntry entry = left.Entries[i];
            YamlEntry candidate = right.Entries[i];
            YamlNode? other = candidate.Key == entry.Key ? candidate.Value : right[entry.Key];
            if (other is null || !AreEqual(entry.Value, other))
            {
                return false;
            }
        }

        return true;
    }
}
