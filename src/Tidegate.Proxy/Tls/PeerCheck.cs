using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Tls;

/// <summary>Why a peer's certificate was not accepted.</summary>
internal enum PeerFailure : byte
{
    /// <summary>It was.</summary>
    None,

    /// <summary>There is none, and one is required.</summary>
    NoCertificate,

    /// <summary>There is nothing to verify it with: the authorities, or the list of what they have revoked, are not known yet.</summary>
    NotVerifiable,

    /// <summary>It does not lead to a trusted authority, is out of date, revoked, or for another use.</summary>
    Untrusted,

    /// <summary>It has none of the names that are accepted.</summary>
    OtherName,

    /// <summary>It is not for the host that was asked for.</summary>
    NotForHost,

    /// <summary>Neither it nor its key is among those that are accepted.</summary>
    OtherHash,
}

/// <summary>The verification of one peer's certificate, during one handshake.</summary>
/// <param name="rules">What is asked of it.</param>
/// <param name="trust">The authorities as they are now; null when none are asked for.</param>
/// <param name="isRequired">Whether the peer must have a certificate.</param>
/// <param name="expectedName">A DNS name that it must have besides; null for none (Envoy: <c>auto_san_validation</c>).</param>
/// <param name="isPeerServer">Whether the peer is a server.</param>
internal sealed class PeerCheck(PeerRules rules, ValidationSecret? trust, bool isRequired, string? expectedName, bool isPeerServer)
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    // Longer chains are an attack on our time (edge.md, T12).
    private const int MaxChainLength = 12;

    /// <summary>Why it was not accepted.</summary>
    public PeerFailure Failure { get; private set; }

    /// <summary>Why it was not accepted, in words.</summary>
    public string Reason { get; private set; } = string.Empty;

    /// <summary>The peer's certificate; null when there is none.</summary>
    public PeerCertificate? Certificate { get; private set; }

    /// <summary>How the platform is to build the chain.</summary>
    public X509ChainPolicy MakePolicy()
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            ApplicationPolicy = { new Oid(isPeerServer ? ServerUse : ClientUse) },
        };
        if (trust?.Roots is { } roots)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }

        return policy;
    }

    /// <summary>Judges the certificate; called by the platform in the middle of the handshake.</summary>
    public bool Verify(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 peer)
        {
            return !isRequired || Fail(PeerFailure.NoCertificate, "no certificate");
        }

        bool isTrusted = false;
        if (rules.HasTrust && !rules.AcceptsUntrusted)
        {
            if (trust is null || (trust.Revocations.Count == 0 && rules.Revocations is null))
            {
                return Fail(PeerFailure.NotVerifiable, trust is null ? "the authorities to verify it with are not known yet" : "the list of revoked certificates is not known yet");
            }

            if ((Distrust(chain, trust) ?? Misuse(peer)) is { } wrong)
            {
                return Fail(PeerFailure.Untrusted, wrong);
            }

            isTrusted = true;
        }

        IReadOnlyList<SubjectAltName> names = SubjectAltName.Of(peer);
        if (rules.Names.Count > 0 && !names.Any(name => rules.Names.Any(matcher => matcher.Matches(name))))
        {
            return Fail(PeerFailure.OtherName, "verify SAN list");
        }

        if (expectedName is not null && !HasName(names, expectedName))
        {
            return Fail(PeerFailure.NotForHost, $"verify SAN list: the certificate is not for {expectedName}");
        }

        if (rules.CertificateHashes.Count + rules.KeyHashes.Count > 0)
        {
            if (!rules.CertificateHashes.Contains(peer.GetCertHashString(HashAlgorithmName.SHA256))
                && !rules.KeyHashes.Contains(Convert.ToBase64String(SHA256.HashData(peer.PublicKey.ExportSubjectPublicKeyInfo()))))
            {
                return Fail(PeerFailure.OtherHash, "verify hash");
            }

            isTrusted = true;
        }

        Certificate = PeerCertificate.Of(peer, names, isTrusted);
        return true;
    }

    // OpenSSL's purpose check, of which the platform makes only the extended half: what keys of TLS are used for (RFC 5280, section 4.2.1.3).
    private string? Misuse(X509Certificate2 peer)
    {
        const X509KeyUsageFlags client = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyAgreement;
        X509KeyUsageFlags wanted = isPeerServer ? client | X509KeyUsageFlags.KeyEncipherment : client;
        X509KeyUsageExtension? usage = peer.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault();
        return usage is null || (usage.KeyUsages & wanted) != 0 ? null : "unsupported certificate purpose";
    }

    private static bool HasName(IReadOnlyList<SubjectAltName> names, string expected) => names.Any(name =>
        (name.Kind == AltNameKind.Dns && AltNameMatcher.DnsNameMatches(expected, name.Text))
        || (name.Kind == AltNameKind.IpAddress && name.Text == expected));

    // What speaks against the chain; null when nothing does.
    private string? Distrust(X509Chain? chain, ValidationSecret known)
    {
        if (chain is null || chain.ChainElements.Count == 0)
        {
            return "there is no chain";
        }

        if (chain.ChainElements.Count > MaxChainLength)
        {
            return $"the chain is longer than {MaxChainLength}";
        }

        foreach (X509ChainStatus status in chain.ChainStatus)
        {
            if (status.Status != X509ChainStatusFlags.NoError)
            {
                return WordsOf(status.Status);
            }
        }

        IReadOnlyList<RevocationList> lists = known.Revocations.Count > 0 ? known.Revocations : rules.Revocations!;
        return lists.Count > 0 ? Revoked(chain, lists) : null;
    }

    private string? Revoked(X509Chain chain, IReadOnlyList<RevocationList> lists)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        int count = rules.OnlyLeafIsRevocable ? 1 : chain.ChainElements.Count - 1;
        for (int i = 0; i < count && i + 1 < chain.ChainElements.Count; i++)
        {
            X509Certificate2 certificate = chain.ChainElements[i].Certificate;
            X509Certificate2 issuer = chain.ChainElements[i + 1].Certificate;
            RevocationList? list = lists.FirstOrDefault(list =>
                list.Issuer.Span.SequenceEqual(certificate.IssuerName.RawData) && list.IsSignedBy(issuer));
            string? wrong = list is null ? "unable to get certificate CRL"
                : list.NextUpdate < now ? "CRL has expired"
                : list.Revokes(certificate) ? "certificate revoked"
                : null;
            if (wrong is not null)
            {
                return wrong;
            }
        }

        return null;
    }

    // OpenSSL's words, which people look for.
    private static string WordsOf(X509ChainStatusFlags status) => status switch
    {
        X509ChainStatusFlags.UntrustedRoot => "self-signed certificate in certificate chain",
        X509ChainStatusFlags.PartialChain => "unable to get local issuer certificate",
        X509ChainStatusFlags.NotTimeValid => "certificate has expired or is not yet valid",
        X509ChainStatusFlags.NotValidForUsage => "unsupported certificate purpose",
        X509ChainStatusFlags.NotSignatureValid => "certificate signature failure",
        _ => status.ToString(),
    };

    private bool Fail(PeerFailure failure, string reason)
    {
        Failure = failure;
        Reason = reason;
        return false;
    }
}
