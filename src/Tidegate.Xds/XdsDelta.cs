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

/// <summary>A resource that the proxy refuses; its last good version stays in force.</summary>
/// <param name="Name">Type and name.</param>
/// <param name="Version">The version that was refused.</param>
/// <param name="Reason">What is wrong, for a person to read.</param>
public sealed record XdsRejection(XdsName Name, string Version, string Reason);

/// <summary>What takes configuration: the data plane in this process, or an ADS stream to one elsewhere.</summary>
public interface IXdsSink
{
    /// <summary>
    /// Applies a delta. Returns when the accepted part is what new requests see. One bad resource is refused alone.
    /// Deltas must be given one after the other.
    /// </summary>
    Task<IReadOnlyList<XdsRejection>> ApplyAsync(XdsDelta delta);
}
