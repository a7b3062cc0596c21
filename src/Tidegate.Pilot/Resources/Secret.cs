namespace Tidegate.Pilot.Resources;

/// <summary>A Kubernetes Secret (<c>v1</c>). Its values are never printed.</summary>
/// <param name="Metadata">Name, namespace, labels, ...</param>
/// <param name="Origin">Where it was read.</param>
/// <param name="Type"><c>type</c>; empty means Opaque.</param>
/// <param name="Data"><c>data</c>, decoded, with <c>stringData</c> over it.</param>
public sealed record Secret(ResourceMetadata Metadata, Origin Origin, string Type, IReadOnlyDictionary<string, byte[]> Data)
    : Resource(Metadata, Origin), IHasApiKind
{
    /// <summary>
    /// The keys that mean something to a gateway. Any other may be a part of a value that lost its place, and is not shown.
    /// </summary>
    public static IReadOnlySet<string> PublicKeys { get; } =
        new HashSet<string> { "tls.crt", "tls.key", "tls.ocsp-staple", "ca.crt", "ca.crl", "cert", "key", "cacert", "crl", "client-id", "client-secret", "hmac-secret" };

    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Core, "Secret");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}
