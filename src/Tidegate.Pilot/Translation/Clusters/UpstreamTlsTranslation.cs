using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Listeners;
using static Envoy.Extensions.TransportSockets.Tls.V3.CommonTlsContext.Types;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>
/// <c>trafficPolicy.tls</c> (spec 5.6). Automatic mutual TLS is not here: a gateway outside a mesh has no workload identity.
/// </summary>
internal static class UpstreamTlsTranslation
{
    private const string TransportSocketName = "envoy.transport_sockets.tls";

    /// <summary>Applies it.</summary>
    /// <param name="draft">The cluster.</param>
    /// <param name="tls">What the DestinationRule says.</param>
    /// <param name="peerNames">The names that the service's certificates may have, where the rule says none.</param>
    /// <param name="defaults">What the mesh says.</param>
    public static void Apply(ClusterDraft draft, ClientTlsSettings? tls, IReadOnlyList<string> peerNames, TlsDefaults defaults)
    {
        var context = tls?.Mode switch
        {
            ClientTlsMode.IstioMutual => IstioMutual(draft, tls, peerNames),
            ClientTlsMode.Simple => Originate(draft, tls, peerNames, defaults),
            // Without a certificate the cluster stays in plain text, as in Istio (which logs an error).
            ClientTlsMode.Mutual when tls.CredentialName.Length > 0 || (tls.ClientCertificate.Length > 0 && tls.PrivateKey.Length > 0) => Originate(draft, tls, peerNames, defaults),
            _ => null,
        };
        if (context is not null)
        {
            draft.Cluster.TransportSocket = new TransportSocket { Name = TransportSocketName, TypedConfig = Any.Pack(context) };
        }
    }

    private static UpstreamTlsContext IstioMutual(ClusterDraft draft, ClientTlsSettings tls, IReadOnlyList<string> peerNames)
    {
        var common = Common();
        common.TlsCertificateSdsSecretConfigs.Add(SdsSecrets.Of(SdsSecrets.WorkloadCertificate));
        common.CombinedValidationContext = Validation(tls.SubjectAltNames.Count > 0 ? tls.SubjectAltNames : peerNames, SdsSecrets.WorkloadRoot);
        common.AlpnProtocols.Add(draft.IsHttp2 ? ["istio-peer-exchange", "istio", "h2"] : ["istio-peer-exchange", "istio"]);
        var name = ClusterName.TryParse(draft.Cluster.Name, out var parsed)
            ? parsed.ToServerName()
            : draft.Cluster.Name;
        return new UpstreamTlsContext { CommonTlsContext = common, Sni = tls.Sni.Length > 0 ? tls.Sni : name };
    }

    private static UpstreamTlsContext Originate(ClusterDraft draft, ClientTlsSettings tls, IReadOnlyList<string> peerNames, TlsDefaults defaults)
    {
        var skipsVerification = tls.InsecureSkipVerify == true;
        // As in Istio, a Service of Kubernetes has no names of its own outside of the mesh's mutual TLS.
        var names = tls.SubjectAltNames.Count > 0 ? tls.SubjectAltNames : draft.Service.IsKubernetes ? [] : peerNames;
        if (tls.Sni.Length == 0)
        {
            draft.Http.UpstreamHttpProtocolOptions ??= new UpstreamHttpProtocolOptions();
            draft.Http.UpstreamHttpProtocolOptions.AutoSni = true;
            draft.Http.UpstreamHttpProtocolOptions.AutoSanValidation = tls.SubjectAltNames.Count == 0 && !skipsVerification;
        }
        var common = Common();
        common.TlsParams.CipherSuites.Add(defaults.CipherSuites);
        common.TlsParams.EcdhCurves.Add(defaults.EcdhCurves);
        var isMutual = tls.Mode == ClientTlsMode.Mutual;
        string root;
        if (tls.CredentialName.Length > 0)
        {
            var credential = SdsSecrets.NameOf(tls.CredentialName);
            root = isMutual || !credential.StartsWith("configmap://", StringComparison.Ordinal) ? credential + SdsSecrets.CaSuffix : credential;
            if (isMutual)
            {
                common.TlsCertificateSdsSecretConfigs.Add(SdsSecrets.Of(credential));
            }
        }
        else
        {
            root = $"file-root:{(tls.CaCertificates.Length > 0 ? tls.CaCertificates : "system")}";
            if (isMutual)
            {
                common.TlsCertificateSdsSecretConfigs.Add(SdsSecrets.Of($"file-cert:{tls.ClientCertificate}~{tls.PrivateKey}"));
            }
        }
        if (skipsVerification)
        {
            // Istio says so where the certificates are files, and leaves it open where they are secrets.
            common.ValidationContext = tls.CredentialName.Length == 0 ? new CertificateValidationContext() : null;
        }
        else
        {
            common.CombinedValidationContext = Validation(names, root);
            if (tls.CaCrl.Length > 0 && tls.CredentialName.Length == 0)
            {
                common.CombinedValidationContext.DefaultValidationContext.Crl = new DataSource { Filename = tls.CaCrl };
            }
        }
        if (draft.IsHttp2)
        {
            common.AlpnProtocols.Add("h2");
        }
        return new UpstreamTlsContext { CommonTlsContext = common, Sni = tls.Sni };
    }

    private static CommonTlsContext Common() => new()
    {
        TlsParams = new TlsParameters
        {
            TlsMinimumProtocolVersion = TlsParameters.Types.TlsProtocol.Tlsv12,
            TlsMaximumProtocolVersion = TlsParameters.Types.TlsProtocol.Tlsv13,
        },
    };

    private static CombinedCertificateValidationContext Validation(IEnumerable<string> subjectAltNames, string rootSecret) => new()
    {
        DefaultValidationContext = SdsSecrets.Names(subjectAltNames),
        ValidationContextSdsSecretConfig = SdsSecrets.Of(rootSecret),
    };
}
