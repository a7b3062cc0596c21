using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Sources.Reading;

/// <summary>How much of manifests is read, and how much is said of what is wrong with them: whoever writes one must not fill memory or logs with it.</summary>
public sealed record ManifestLimits
{
    /// <summary>The defaults.</summary>
    public static ManifestLimits Default { get; } = new();

    /// <summary>Values that a document may have, aliases counted as what they stand for; one with more cannot be read.</summary>
    public long MaxValues { get; init; } = YamlReader.DefaultMaxNodes;

    /// <summary>Findings that are told of one object: a list of thousands of wrong hosts is one mistake. An error that costs the object is always told.</summary>
    public int MaxFindings { get; init; } = 100;

    /// <summary>Documents of a file that cannot be read, after which it is something else than manifests, and the rest of it is not looked at.</summary>
    public int MaxUnreadableDocuments { get; init; } = 1000;

    /// <summary>Messages of a file that say the same of many things: documents that cannot be read, kinds that are not needed. The rest is counted.</summary>
    public int MaxRepeatedMessages { get; init; } = 20;
}
