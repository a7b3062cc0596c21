using Google.Protobuf;

namespace Tidegate.Xds;

/// <summary>Names one resource: its type URL (see <see cref="XdsTypes"/>) and its name within that type.</summary>
public readonly record struct XdsName(string TypeUrl, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{TypeUrl[(TypeUrl.LastIndexOf('.') + 1)..]}/{Name}";
}

/// <summary>
/// One resource with its version. The message is immutable from the moment it is published: neither half changes it.
/// </summary>
/// <param name="Name">Type and name.</param>
/// <param name="Version">A hash of the content: equal versions mean equal content.</param>
/// <param name="Message">The resource itself.</param>
public sealed record XdsResource(XdsName Name, string Version, IMessage Message);

/// <summary>
/// What changed since the last delta: the same thing that delta ADS carries, so that a proxy cannot tell whether its control
/// plane is in the same process.
/// </summary>
/// <param name="Version">The snapshot's version, for <c>version_info</c>.</param>
/// <param name="Changed">Resources that are new or have another content, in <see cref="XdsTypes.InApplyOrder"/>.</param>
/// <param name="Removed">Resources that are gone.</param>
public sealed record XdsDelta(string Version, IReadOnlyList<XdsResource> Changed, IReadOnlyList<XdsName> Removed)
{
    /// <summary>Whether there is nothing to apply.</summary>
    public bool IsEmpty => Changed.Count == 0 && Removed.Count == 0;
}

/// <summary>
/// What of a resource the proxy refuses: all of it, or the units that cannot be used, while everything else of it is in force
/// (docs/decisions/unit-of-refusal.md).
/// </summary>
/// <param name="Name">Type and name.</param>
/// <param name="Version">The version that was refused.</param>
/// <param name="Units">Each unit that was left out; for a resource that is refused whole the first is the resource itself.</param>
public sealed record XdsRejection(XdsName Name, string Version, IReadOnlyList<XdsRefusedUnit> Units)
{
    /// <summary>A resource that is refused whole.</summary>
    public XdsRejection(XdsName name, string version, string reason, bool keepsLastGood = false)
        : this(name, version, [new XdsRefusedUnit(string.Empty, reason, null, keepsLastGood)]) => IsWhole = true;

    /// <summary>Whether nothing of this version is in force.</summary>
    public bool IsWhole { get; init; }

    /// <summary>All that is wrong, for a person to read (Envoy: <c>error_detail</c> of a NACK).</summary>
    public string Reason => string.Join("; ", Units.Select(static unit => unit.ToString()));
}

/// <summary>The smallest part of a resource with an owner of its own, which the proxy cannot use.</summary>
/// <param name="Path">Where it stands, such as <c>virtual_hosts["shop:80"].routes[2]</c>; empty for the resource itself and for what it says for all.</param>
/// <param name="Reason">What is wrong with it, for a person to read.</param>
/// <param name="Origin">The object that it says it comes from (Istio: <c>metadata.filter_metadata.istio.config</c>); null when it does not say.</param>
/// <param name="KeepsLastGood">Whether an earlier version of it stays in force; else it is as if not configured.</param>
public sealed record XdsRefusedUnit(string Path, string Reason, string? Origin, bool KeepsLastGood)
{
    /// <summary>Whether it is a guard that lets nothing through now.</summary>
    public bool IsClosed { get; init; }

    /// <summary>The name of the filter that it is; null for what is none.</summary>
    public string? Filter { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? Reason : $"{Path}: {Reason}";
}

/// <summary>What takes configuration: the data plane in this process, or an ADS stream to one elsewhere.</summary>
public interface IXdsSink
{
    /// <summary>
    /// Applies a delta. Returns when the accepted part is what new requests see. What cannot be used is refused alone, unit by unit.
    /// Deltas must be given one after the other.
    /// </summary>
    Task<IReadOnlyList<XdsRejection>> ApplyAsync(XdsDelta delta);
}
