using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tidegate.Xds;

namespace Tidegate.Pilot.Snapshots;

/// <summary>
/// All resources of one proxy at one time. Immutable. Two snapshots with the same resources have the same version, whoever made them
/// and however often.
/// </summary>
public sealed class XdsSnapshot
{
    private readonly Dictionary<XdsName, XdsResource> _resources;
    private ulong? _sum;

    /// <summary>A snapshot of these resources; names are unique.</summary>
    public XdsSnapshot(IEnumerable<XdsResource> resources)
    {
        _resources = resources.ToDictionary(resource => resource.Name);
    }

    /// <summary>Before the first translation: no resource at all.</summary>
    public static XdsSnapshot Empty { get; } = new([]);

    /// <summary>All resources, in no particular order.</summary>
    public IReadOnlyCollection<XdsResource> Resources => _resources.Values;

    /// <summary>A hash of all names and versions.</summary>
    public string Version => Sum.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The resource of that name, or null.</summary>
    public XdsResource? Find(XdsName name) => _resources.GetValueOrDefault(name);

    /// <summary>What has to be sent to turn a proxy that has <paramref name="earlier"/> into one that has this.</summary>
    public XdsDelta ChangesSince(XdsSnapshot earlier)
    {
        List<XdsResource>? changed = null;
        foreach (var (name, resource) in _resources)
        {
            if (!earlier._resources.TryGetValue(name, out var before) ||
                (!ReferenceEquals(before, resource) && before.Version != resource.Version))
            {
                (changed ??= []).Add(resource);
            }
        }
        List<XdsName>? removed = null;
        // Without a change of the count, something can only be gone when something else is new.
        if (_resources.Count != earlier._resources.Count || changed is not null)
        {
            foreach (var name in earlier._resources.Keys)
            {
                if (!_resources.ContainsKey(name))
                {
                    (removed ??= []).Add(name);
                }
            }
        }
        _sum ??= UpdatedSum(earlier, changed, removed);
        changed?.Sort((a, b) => Compare(a.Name, b.Name));
        removed?.Sort((a, b) => Compare(b, a)); // what refers to others goes before what it refers to
        return new XdsDelta(Version, changed ?? (IReadOnlyList<XdsResource>)[], removed ?? (IReadOnlyList<XdsName>)[]);
    }

    private static int Compare(XdsName a, XdsName b)
    {
        var order = ApplyOrder[a.TypeUrl].CompareTo(ApplyOrder[b.TypeUrl]);
        return order != 0 ? order : string.CompareOrdinal(a.Name, b.Name);
    }

    private static readonly FrozenDictionary<string, int> ApplyOrder =
        XdsTypes.InApplyOrder.Select((type, index) => (type, index)).ToFrozenDictionary(pair => pair.type, pair => pair.index);

    /// <summary>A sum of the hashes of all resources, so that their order does not matter and a change costs what changed.</summary>
    private ulong Sum => _sum ??= _resources.Values.Aggregate(0ul, (sum, resource) => sum + HashOf(resource));

    private static ulong UpdatedSum(XdsSnapshot earlier, List<XdsResource>? changed, List<XdsName>? removed)
    {
        var sum = earlier.Sum;
        foreach (var resource in changed ?? [])
        {
            sum += HashOf(resource);
            sum -= earlier.Find(resource.Name) is { } before ? HashOf(before) : 0;
        }
        foreach (var name in removed ?? [])
        {
            sum -= HashOf(earlier._resources[name]);
        }
        return sum;
    }

    private static ulong HashOf(XdsResource resource)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{resource.Name.TypeUrl}\n{resource.Name.Name}\n{resource.Version}"), hash);
        return BitConverter.ToUInt64(hash);
    }
}
