using System.Net.Security;
using System.Security.Authentication;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Tls.Secrets;
using static Envoy.Extensions.TransportSockets.Tls.V3.SubjectAltNameMatcher.Types;
using StringMatcher = Envoy.Type.Matcher.V3.StringMatcher;
using TlsProtocol = Envoy.Extensions.TransportSockets.Tls.V3.TlsParameters.Types.TlsProtocol;

// Fields that Envoy calls deprecated are what control planes still send.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles TLS contexts, both ways (istio-gateway.md 1.6 and 5.6).</summary>
internal sealed class TlsContextCompiler(SecretSlotTable secrets, TimeProvider time)
{
    // What this data plane speaks inside of TLS; others in the list are left out.
    private static readonly string[] SpokenWithClients = ["h2", "http/1.1"];
    private static readonly string[] SpokenWithEndpoints = ["h2", "http/1.1"];

    /// <summary>Compiles TLS towards clients; null when it is plain TCP, or was refused.</summary>
    public DownstreamTls? Downstream(TransportSocket? socket, CompileScope scope)
    {
        if (TransportSocketCompiler.IsPlain(socket))
        {
            return null;
        }

        if (!scope.TryUnpack(socket!.TypedConfig, out DownstreamTlsContext? context))
        {
            return null;
        }

        CompileScope common = scope.At("common_tls_context");
        CommonTlsContext source = context.CommonTlsContext ?? new CommonTlsContext();
        scope.NoteIf(context.OcspStaplePolicy != DownstreamTlsContext.Types.OcspStaplePolicy.LenientStapling, "ocsp_staple_policy is not acted on");
        scope.RefuseIf(context.RequireSni == true, "require_sni is not supported");
        List<CertificateChoice> certificates = Certificates(source, common);
        common.RefuseIf(certificates.Count == 0, "there is no certificate to show");
        PeerRules rules = Rules(source, common);
        bool isRequired = context.RequireClientCertificate == true;
        return new DownstreamTls
        {
            Certificates = certificates,
            Peers = isRequired || rules.IsVerifying || rules.AcceptsUntrusted ? rules : null,
            RequiresClientCertificate = isRequired,
            Parameters = Parameters(source, SpokenWithClients, common),
        };
    }

    /// <summary>Compiles TLS towards endpoints; null when it is plain TCP, or was refused.</summary>
    public UpstreamTls? Upstream(TransportSocket? socket, CompileScope scope)
    {
        if (TransportSocketCompiler.IsPlain(socket))
        {
            return null;
        }

        if (!scope.TryUnpack(socket!.TypedConfig, out UpstreamTlsContext? context))
        {
            return null;
        }

        CompileScope common = scope.At("common_tls_context");
        CommonTlsContext source = context.CommonTlsContext ?? new CommonTlsContext();
        List<CertificateChoice> certificates = Certificates(source, common);
        common.RefuseIf(certificates.Count > 1, "more than one client certificate");
        return new UpstreamTls
        {
            Certificate = certificates.Count > 0 ? certificates[0] : null,
            Rules = Rules(source, common),
            ServerName = context.Sni,
            Parameters = Parameters(source, SpokenWithEndpoints, common),
        };
    }

    private List<CertificateChoice> Certificates(CommonTlsContext source, CompileScope scope)
    {
        List<CertificateChoice> choices = [];
        for (int i = 0; i < source.TlsCertificates.Count; i++)
        {
            if (SecretCompiler.Certificate(source.TlsCertificates[i], null, time, scope.At("tls_certificates", i)) is { } certificate)
            {
                choices.Add(new CertificateChoice(null, certificate));
            }
        }

        foreach (SdsSecretConfig secret in source.TlsCertificateSdsSecretConfigs)
        {
            choices.Add(new CertificateChoice(secrets.Of(secret.Name), null));
        }

        return choices;
    }

    private PeerRules Rules(CommonTlsContext source, CompileScope scope)
    {
        (CertificateValidationContext context, SdsSecretConfig? secret, CompileScope at) = source.ValidationContextTypeCase switch
        {
            CommonTlsContext.ValidationContextTypeOneofCase.ValidationContext => (source.ValidationContext, null, scope.At("validation_context")),
            CommonTlsContext.ValidationContextTypeOneofCase.ValidationContextSdsSecretConfig =>
                (new CertificateValidationContext(), source.ValidationContextSdsSecretConfig, scope.At("validation_context_sds_secret_config")),
            CommonTlsContext.ValidationContextTypeOneofCase.CombinedValidationContext => (
                source.CombinedValidationContext.DefaultValidationContext ?? new CertificateValidationContext(),
                source.CombinedValidationContext.ValidationContextSdsSecretConfig,
                scope.At("combined_validation_context")),
            _ => (new CertificateValidationContext(), null, scope),
        };
        at.NoteIf(context.AllowExpiredCertificate, "allow_expired_certificate is not acted on");
        at.RefuseIf(context.CustomValidatorConfig is not null, "custom_validator_config is not supported");
        bool isInline = context.TrustedCa is not null || context.SystemRootCerts is not null;
        bool hasListFile = !isInline && context.Crl?.SpecifierCase == DataSource.SpecifierOneofCase.Filename;
        return new PeerRules
        {
            Slot = secret is null ? null : secrets.Of(secret.Name),
            Inline = isInline ? SecretCompiler.Validation(context, at) : null,
            RevocationSlot = hasListFile ? secrets.Of(RevocationList.FileScheme + context.Crl!.Filename) : null,
            InlineRevocations = isInline || hasListFile || context.Crl is null ? [] : SecretCompiler.Validation(context, at)?.Revocations ?? [],
            Names = [.. Matchers(context, at)],
            CertificateHashes = context.VerifyCertificateHash
                .Select(static hash => hash.Replace(":", string.Empty, StringComparison.Ordinal).ToUpperInvariant()).ToHashSet(StringComparer.Ordinal),
            KeyHashes = context.VerifyCertificateSpki.ToHashSet(StringComparer.Ordinal),
            AcceptsUntrusted = context.TrustChainVerification == CertificateValidationContext.Types.TrustChainVerification.AcceptUntrusted,
            OnlyLeafIsRevocable = context.OnlyVerifyLeafCertCrl,
        };
    }

    private static IEnumerable<AltNameMatcher> Matchers(CertificateValidationContext context, CompileScope scope)
    {
        for (int i = 0; i < context.MatchTypedSubjectAltNames.Count; i++)
        {
            SubjectAltNameMatcher typed = context.MatchTypedSubjectAltNames[i];
            AltNameKind? kind = typed.SanType switch
            {
                SanType.Dns => AltNameKind.Dns,
                SanType.Uri => AltNameKind.Uri,
                SanType.Email => AltNameKind.Email,
                SanType.IpAddress => AltNameKind.IpAddress,
                _ => null,
            };
            CompileScope at = scope.At("match_typed_subject_alt_names", i);
            at.RefuseIf(kind is null, $"names of type {typed.SanType} are not supported");
            if (Matcher(kind, typed.Matcher, at) is { } matcher)
            {
                yield return matcher;
            }
        }

        for (int i = 0; i < context.MatchSubjectAltNames.Count; i++)
        {
            if (Matcher(null, context.MatchSubjectAltNames[i], scope.At("match_subject_alt_names", i)) is { } matcher)
            {
                yield return matcher;
            }
        }
    }

    private static AltNameMatcher? Matcher(AltNameKind? kind, StringMatcher source, CompileScope scope)
    {
        ValueMatcher? value = MatcherCompiler.Value(source, scope);
        string? exact = source.MatchPatternCase == StringMatcher.MatchPatternOneofCase.Exact ? source.Exact : null;
        return value is null ? null : new AltNameMatcher(kind, value, exact);
    }

    private static TlsParameterSet Parameters(CommonTlsContext source, string[] spoken, CompileScope scope)
    {
        TlsParameters parameters = source.TlsParams ?? new TlsParameters();
        CompileScope at = scope.At("tls_params");
        List<string> unknown = [];
        CipherSuitesPolicy? policy = CipherSuiteNames.Policy(parameters.CipherSuites, unknown);
        at.NoteIf(unknown.Count > 0, $"the platform has no cipher suite {string.Join(", ", unknown)}");
        at.NoteIf(parameters.EcdhCurves.Count > 0, "ecdh_curves is not acted on: the platform chooses the curves");
        return new TlsParameterSet
        {
            Versions = Versions(parameters, at),
            CipherSuites = policy,
            ApplicationProtocols = [.. source.AlpnProtocols.Where(spoken.Contains).Select(static name => new SslApplicationProtocol(name))],
        };
    }

    private static SslProtocols Versions(TlsParameters parameters, CompileScope scope)
    {
        // Envoy: from 1.2 to 1.3 where nothing is said.
        int min = parameters.TlsMinimumProtocolVersion == TlsProtocol.TlsAuto ? (int)TlsProtocol.Tlsv12 : (int)parameters.TlsMinimumProtocolVersion;
        int max = parameters.TlsMaximumProtocolVersion == TlsProtocol.TlsAuto ? (int)TlsProtocol.Tlsv13 : (int)parameters.TlsMaximumProtocolVersion;
        scope.RefuseIf(min > max, $"the lowest version {(TlsProtocol)min} is above the highest {(TlsProtocol)max}");
        SslProtocols versions = SslProtocols.None;
        for (int version = min; version <= max; version++)
        {
            versions |= (TlsProtocol)version switch
            {
#pragma warning disable SYSLIB0039, CA5397 // the user asks for them by name
                TlsProtocol.Tlsv10 => SslProtocols.Tls,
                TlsProtocol.Tlsv11 => SslProtocols.Tls11,
#pragma warning restore SYSLIB0039, CA5397
                TlsProtocol.Tlsv12 => SslProtocols.Tls12,
                _ => SslProtocols.Tls13,
            };
        }

        return versions;
    }
}
