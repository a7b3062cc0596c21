using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Envoy.Type.Matcher.V3;
using static Envoy.Extensions.TransportSockets.Tls.V3.SubjectAltNameMatcher.Types;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>How certificates are named in TLS contexts; the control plane serves them under these names (spec 1.6 and 1.7).</summary>
internal static class SdsSecrets
{
    /// <summary>The workload's own certificate.</summary>
    public const string WorkloadCertificate = "default";

    /// <summary>What the mesh's certificates are verified with.</summary>
    public const string WorkloadRoot = "ROOTCA";

    /// <summary>Appended to a credential's name for the certificate authority that belongs to it.</summary>
    public const string CaSuffix = "-cacert";

    private static readonly SanType[] NameTypes = [SanType.Dns, SanType.Uri, SanType.Email, SanType.IpAddress];

    /// <summary>The name of a credential: a plain name is a Kubernetes secret.</summary>
    public static string NameOf(string credential) =>
        credential.Contains("://", StringComparison.Ordinal) ? credential : $"kubernetes://{credential}";

    /// <summary>A reference to a secret that comes over the aggregated stream.</summary>
    public static SdsSecretConfig Of(string name) => new()
    {
        Name = name,
        SdsConfig = new ConfigSource { Ads = new AggregatedConfigSource(), ResourceApiVersion = ApiVersion.V3 },
    };

    /// <summary>A validation context that only says which names are accepted, whatever kind of name they are.</summary>
    public static CertificateValidationContext Names(IEnumerable<string> subjectAltNames) => new()
    {
        MatchTypedSubjectAltNames =
        {
            from name in subjectAltNames
            from type in NameTypes
            select new SubjectAltNameMatcher { SanType = type, Matcher = new StringMatcher { Exact = name } },
        },
    };
}
