using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Services;
using static Envoy.Extensions.TransportSockets.Tls.V3.CertificateValidationContext.Types;
using static Envoy.Extensions.TransportSockets.Tls.V3.CommonTlsContext.Types;
using EnvoyTlsProtocol = Envoy.Extensions.TransportSockets.Tls.V3.TlsParameters.Types.TlsProtocol;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>The TLS context of a server that terminates TLS (spec 1.6). Certificates are named, and come by SDS.</summary>
internal static class DownstreamTlsTranslation
{
    public static DownstreamTlsContext Translate(BoundServer server, TlsDefaults defaults)
    {
        var tls = server.Server.Tls!;
        var context = new DownstreamTlsContext
        {
            CommonTlsContext = new CommonTlsContext(),
            RequireClientCertificate = tls.Mode is ServerTlsMode.Mutual or ServerTlsMode.IstioMutual,
        };
        var common = context.CommonTlsContext;
        if (tls.Mode == ServerTlsMode.IstioMutual)
        {
            // The mesh's own certificates: what the server says about versions and ciphers does not count.
            var isTcp = server.Protocol != PortProtocol.Https;
            common.AlpnProtocols.Add(isTcp ? ["istio-peer-exchange", "h2", "http/1.1"] : ["h2", "http/1.1"]);
            common.TlsCertificateSdsSecretConfigs.Add(SdsSecrets.Of(SdsSecrets.WorkloadCertificate));
            common.CombinedValidationContext = Combined(SdsSecrets.Names(tls.SubjectAltNames), SdsSecrets.WorkloadRoot);
            return context;
        }
        common.AlpnProtocols.Add(["h2", "http/1.1"]);
        common.TlsParams = Parameters(tls, defaults);
        var credentials = tls.CredentialNames.Count > 0 ? tls.CredentialNames : tls.CredentialName.Length > 0 ? [tls.CredentialName] : [];
        if (credentials.Count > 0)
        {
            AddCredentials(common, tls, credentials);
        }
        else
        {
            AddFiles(common, tls);
        }
        return context;
    }

    private static bool VerifiesClients(ServerTlsSettings tls) => tls.Mode is ServerTlsMode.Mutual or ServerTlsMode.OptionalMutual;

    private static void AddCredentials(CommonTlsContext common, ServerTlsSettings tls, IReadOnlyList<string> credentials)
    {
        foreach (var credential in credentials)
        {
            common.TlsCertificateSdsSecretConfigs.Add(SdsSecrets.Of(SdsSecrets.NameOf(credential)));
        }
        var accepted = SdsSecrets.Names(tls.SubjectAltNames);
        if (VerifiesClients(tls))
        {
            accepted.VerifyCertificateSpki.Add(tls.VerifyCertificateSpki);
            accepted.VerifyCertificateHash.Add(tls.VerifyCertificateHash);
            if (tls.InsecureSkipVerify == true)
            {
                accepted.TrustChainVerification = TrustChainVerification.AcceptUntrusted;
            }
            var root = tls.CaCertCredentialName.Length > 0
                ? SdsSecrets.NameOf(tls.CaCertCredentialName)
                : SdsSecrets.NameOf(credentials[0]) + SdsSecrets.CaSuffix;
            common.CombinedValidationContext = Combined(accepted, root);
        }
        else if (tls.SubjectAltNames.Count > 0)
        {
            common.ValidationContext = accepted;
        }
    }

    private static void AddFiles(CommonTlsContext common, ServerTlsSettings tls)
    {
        IReadOnlyList<TlsCertificateFiles> files = tls.TlsCertificates.Count > 0
            ? tls.TlsCertificates
            : [new TlsCertificateFiles(tls.ServerCertificate, tls.PrivateKey, tls.CaCertificates)];
        foreach (var file in files)
        {
            common.TlsCertificateSdsSecretConfigs.Add(SdsSecrets.Of($"file-cert:{file.ServerCertificate}~{file.PrivateKey}"));
        }
        if (VerifiesClients(tls))
        {
            var accepted = SdsSecrets.Names(tls.SubjectAltNames);
            if (tls.CaCrl.Length > 0)
            {
                accepted.Crl = new DataSource { Filename = tls.CaCrl };
            }
            common.CombinedValidationContext = Combined(accepted, $"file-root:{tls.CaCertificates}");
        }
    }

    /// <summary>What the server says, field by field over what the mesh says.</summary>
    private static TlsParameters? Parameters(ServerTlsSettings tls, TlsDefaults defaults)
    {
        IReadOnlyList<string> ciphers = [.. tls.CipherSuites.Where(CipherSuites.IsAccepted).Distinct()];
        ciphers = ciphers.Count > 0 ? ciphers : defaults.CipherSuites;
        var curves = tls.EcdhCurves.Count > 0 ? tls.EcdhCurves : defaults.EcdhCurves;
        var minimum = tls.MinProtocolVersion == TlsProtocol.Auto ? defaults.MinProtocolVersion : tls.MinProtocolVersion;
        if (minimum == TlsProtocol.Auto && tls.MaxProtocolVersion == TlsProtocol.Auto && ciphers.Count == 0 && curves.Count == 0)
        {
            return null;
        }
        return new TlsParameters
        {
            TlsMinimumProtocolVersion = Version(minimum),
            TlsMaximumProtocolVersion = Version(tls.MaxProtocolVersion),
            CipherSuites = { ciphers },
            EcdhCurves = { curves },
        };
    }

    private static EnvoyTlsProtocol Version(TlsProtocol version) => version switch
    {
        TlsProtocol.Tls10 => EnvoyTlsProtocol.Tlsv10,
        TlsProtocol.Tls11 => EnvoyTlsProtocol.Tlsv11,
        TlsProtocol.Tls12 => EnvoyTlsProtocol.Tlsv12,
        TlsProtocol.Tls13 => EnvoyTlsProtocol.Tlsv13,
        _ => EnvoyTlsProtocol.TlsAuto,
    };

    private static CombinedCertificateValidationContext Combined(CertificateValidationContext accepted, string rootSecret) => new()
    {
        DefaultValidationContext = accepted,
        ValidationContextSdsSecretConfig = SdsSecrets.Of(rootSecret),
    };
}
