using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Tidegate.Proxy.Tls.Secrets;

/// <summary>A compiled secret (Envoy: <c>Secret</c>). Immutable; a new version is another object, which handshakes take from then on.</summary>
public abstract class RuntimeSecret
{
    /// <summary>When it ends to be of use; null for never. Of several authorities the first counts, as with Envoy.</summary>
    public abstract DateTimeOffset? EndsAt { get; }
}

/// <summary>A certificate with its key and its chain, to show to peers (Envoy: <c>tls_certificate</c>).</summary>
/// <param name="certificate">The certificate, with its key.</param>
/// <param name="chain">The certificates of those who issued it.</param>
/// <param name="time">The clock.</param>
public sealed class CertificateSecret(X509Certificate2 certificate, X509Certificate2Collection chain, TimeProvider time) : RuntimeSecret
{
    private const string EllipticCurves = "1.2.840.10045.2.1"; // RFC 5480, section 2.1.1

    /// <inheritdoc/>
    public override DateTimeOffset? EndsAt { get; } = certificate.NotAfter.ToUniversalTime();

    /// <summary>The certificate, with its key.</summary>
    public X509Certificate2 Certificate => certificate;

    /// <summary>Certificate, key and chain, as the platform wants them.</summary>
    public SslStreamCertificateContext Context { get; } = SslStreamCertificateContext.Create(certificate, chain, offline: true);

    /// <summary>Its subject in the form of RFC 2253.</summary>
    public string Subject { get; } = PeerCertificate.Rfc2253(certificate.SubjectName);

    /// <summary>What handshakes with clients share.</summary>
    internal SessionContexts Sessions { get; } = new(time);

    /// <summary>Whether its key is one of elliptic curves; RSA otherwise.</summary>
    public bool IsEcdsa { get; } = certificate.GetKeyAlgorithm() == EllipticCurves;

    /// <summary>The URIs among its names, such as the identity of a workload.</summary>
    public IReadOnlyList<string> Uris { get; } =
        [.. SubjectAltName.Of(certificate).Where(static name => name.Kind == AltNameKind.Uri).Select(static name => name.Text)];
}

/// <summary>What peers' certificates are verified with (Envoy: <c>validation_context</c>).</summary>
/// <param name="roots">The authorities that are trusted; null for those of the system.</param>
/// <param name="revocations">Lists of revoked certificates; empty when none were given.</param>
public sealed class ValidationSecret(X509Certificate2Collection? roots, IReadOnlyList<RevocationList> revocations) : RuntimeSecret
{
    /// <inheritdoc/>
    public override DateTimeOffset? EndsAt { get; } = roots is { Count: > 0 } ? roots[0].NotAfter.ToUniversalTime() : null;

    /// <summary>The authorities that are trusted; null for those of the system.</summary>
    public X509Certificate2Collection? Roots { get; } = roots;

    /// <summary>Lists of revoked certificates. With any, every certificate below a root has to be on none, and to have one that says so.</summary>
    public IReadOnlyList<RevocationList> Revocations { get; } = revocations;
}

/// <summary>
/// A value that filters use, such as a password or the key of cookies (Envoy: <c>generic_secret</c>). It is never shown.
/// </summary>
/// <param name="value">The value.</param>
/// <param name="since">When it came into force.</param>
/// <param name="before">The value before it, for those who still have to read what was made with that; null when there is none.</param>
public sealed class GenericSecretValue(byte[] value, DateTimeOffset since, GenericSecretValue? before) : RuntimeSecret
{
    /// <inheritdoc/>
    public override DateTimeOffset? EndsAt => null;

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value => value;

    /// <summary>When it came into force, and the value before it went out of it.</summary>
    public DateTimeOffset Since => since;

    /// <summary>The value before it, without those before that; null when there is none.</summary>
    public GenericSecretValue? Before { get; } = before is null ? null : new GenericSecretValue(before.Value.ToArray(), before.Since, null);
}

/// <summary>The place of a secret by name: contexts hold it, and find the version that is in force. Shared by all workers.</summary>
/// <param name="name">The secret's name.</param>
public sealed class SecretSlot(string name)
{
    private volatile RuntimeSecret? _current;

    /// <summary>The secret's name.</summary>
    public string Name { get; } = name;

    /// <summary>The version in force; null before the first.</summary>
    public RuntimeSecret? Current
    {
        get => _current;
        internal set => _current = value;
    }
}
