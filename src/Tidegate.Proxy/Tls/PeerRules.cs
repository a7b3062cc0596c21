using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Tls;

/// <summary>How the certificates of peers are verified (Envoy: <c>CertificateValidationContext</c>). Immutable but for the secret in its slot.</summary>
internal sealed class PeerRules
{
    /// <summary>Where the authorities come from; null when they are written in the context, or there are none.</summary>
    public SecretSlot? Slot { get; init; }

    /// <summary>The authorities that are written in the context; null when there are none.</summary>
    public ValidationSecret? Inline { get; init; }

    /// <summary>What is written in the context.</summary>
    public IEnumerable<RuntimeSecret> InlineSecrets => Inline is null ? [] : [Inline];

    /// <summary>Where lists of revoked certificates come from that are a file, for authorities that come from elsewhere; null when there is no such file.</summary>
    public SecretSlot? RevocationSlot { get; init; }

    /// <summary>Lists of revoked certificates that are written in the context, for authorities that come from elsewhere.</summary>
    public IReadOnlyList<RevocationList> InlineRevocations { get; init; } = [];

    /// <summary>Names of which the certificate must have one; empty for any.</summary>
    public IReadOnlyList<AltNameMatcher> Names { get; init; } = [];

    /// <summary>SHA-256 hashes, in upper-case hexadecimal, of certificates that are accepted; empty for any (Envoy: <c>verify_certificate_hash</c>).</summary>
    public IReadOnlySet<string> CertificateHashes { get; init; } = new HashSet<string>();

    /// <summary>SHA-256 hashes, in base64, of public keys that are accepted; empty for any (Envoy: <c>verify_certificate_spki</c>).</summary>
    public IReadOnlySet<string> KeyHashes { get; init; } = new HashSet<string>();

    /// <summary>Whether a certificate of an unknown authority is let through (Envoy: <c>ACCEPT_UNTRUSTED</c>).</summary>
    public bool AcceptsUntrusted { get; init; }

    /// <summary>Whether only the first certificate has to be on no revocation list.</summary>
    public bool OnlyLeafIsRevocable { get; init; }

    /// <summary>The places of the secrets that it takes.</summary>
    public IEnumerable<SecretSlot> Slots => new[] { Slot, RevocationSlot }.OfType<SecretSlot>();

    /// <summary>Whether authorities are asked for at all.</summary>
    public bool HasTrust => Slot is not null || Inline is not null;

    /// <summary>Whether anything is asked of a certificate.</summary>
    public bool IsVerifying => HasTrust || Names.Count > 0 || CertificateHashes.Count > 0 || KeyHashes.Count > 0;

    /// <summary>The lists of revoked certificates in force besides those of the authorities; null when the file with them has not been read yet.</summary>
    public IReadOnlyList<RevocationList>? Revocations => RevocationSlot is null ? InlineRevocations : (RevocationSlot.Current as ValidationSecret)?.Revocations;

    /// <summary>The authorities in force.</summary>
    public ValidationSecret? Trust => Inline ?? Slot?.Current as ValidationSecret;
}
