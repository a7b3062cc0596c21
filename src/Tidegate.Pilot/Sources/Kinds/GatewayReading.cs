using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads a Gateway's <c>spec</c> (Istio: <c>networking/v1alpha3/gateway.proto</c>).</summary>
internal static class GatewayReading
{
    public static GatewaySpec Read(ObjectReader spec) => new()
    {
        Selector = spec.Map("selector"),
        Servers = spec.Objects("servers", ReadServer),
    };

    private static GatewayServer ReadServer(ObjectReader server)
    {
        server.NotActedOn("defaultEndpoint", "as in Istio, a gateway goes by the routes of VirtualServices alone");
        return new GatewayServer
        {
            Port = server.Object("port", ReadPort),
            Bind = server.Text("bind"),
            Hosts = server.Texts("hosts"),
            Tls = server.Object("tls", ReadTls),
            Name = server.Text("name"),
        };
    }

    private static GatewayPort ReadPort(ObjectReader port) => new()
    {
        Number = port.Unsigned("number"),
        Protocol = port.Text("protocol"),
        Name = port.Text("name"),
        TargetPort = port.Unsigned("targetPort"),
    };

    private static ServerTlsSettings ReadTls(ObjectReader tls) => new()
    {
        HttpsRedirect = tls.Flag("httpsRedirect"),
        Mode = tls.Enum(
            "mode",
            ("PASSTHROUGH", ServerTlsMode.Passthrough),
            ("SIMPLE", ServerTlsMode.Simple),
            ("MUTUAL", ServerTlsMode.Mutual),
            ("AUTO_PASSTHROUGH", ServerTlsMode.AutoPassthrough),
            ("ISTIO_MUTUAL", ServerTlsMode.IstioMutual),
            ("OPTIONAL_MUTUAL", ServerTlsMode.OptionalMutual)),
        ServerCertificate = tls.Text("serverCertificate"),
        PrivateKey = tls.Text("privateKey"),
        CaCertificates = tls.Text("caCertificates"),
        CaCrl = tls.Text("caCrl"),
        CredentialName = tls.Text("credentialName"),
        CredentialNames = tls.Texts("credentialNames"),
        CaCertCredentialName = tls.Text("caCertCredentialName"),
        TlsCertificates = tls.Objects("tlsCertificates", ReadCertificate),
        SubjectAltNames = tls.Texts("subjectAltNames"),
        VerifyCertificateSpki = tls.Texts("verifyCertificateSpki"),
        VerifyCertificateHash = tls.Texts("verifyCertificateHash"),
        MinProtocolVersion = ReadVersion(tls, "minProtocolVersion"),
        MaxProtocolVersion = ReadVersion(tls, "maxProtocolVersion"),
        CipherSuites = tls.Texts("cipherSuites"),
        EcdhCurves = tls.Texts("ecdhCurves"),
        InsecureSkipVerify = tls.OptionalFlag("insecureSkipVerify"),
    };

    private static TlsCertificateFiles ReadCertificate(ObjectReader certificate) =>
        new(certificate.Text("serverCertificate"), certificate.Text("privateKey"), certificate.Text("caCertificates"));

    private static TlsProtocol ReadVersion(ObjectReader tls, string name) => tls.Enum(
        name,
        ("TLS_AUTO", TlsProtocol.Auto),
        ("TLSV1_0", TlsProtocol.Tls10),
        ("TLSV1_1", TlsProtocol.Tls11),
        ("TLSV1_2", TlsProtocol.Tls12),
        ("TLSV1_3", TlsProtocol.Tls13));
}
