using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Tls;

/// <summary>One of the certificates that a context may show: a secret's, or one that is written in the context.</summary>
/// <param name="Slot">Where it comes from; null when it is written in the context.</param>
/// <param name="Inline">The certificate that is written in the context.</param>
internal sealed record CertificateChoice(SecretSlot? Slot, CertificateSecret? Inline)
{
    /// <summary>The version in force; null when there is none yet.</summary>
    public CertificateSecret? Current => Inline ?? Slot!.Current as CertificateSecret;
}
