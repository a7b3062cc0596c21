using System.Text;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Gateways that terminate TLS, and the secrets that they need.</summary>
public static class TlsManifests
{
    /// <summary>A Gateway <c>default/edge</c> with one HTTPS server on port 443 (so the listener is 8443).</summary>
    /// <param name="tls">Its TLS settings, in YAML flow form.</param>
    /// <param name="hosts">Its hosts, in YAML flow form.</param>
    /// <param name="more">More servers.</param>
    public static string Gateway(string tls, string hosts = "\"*\"", string more = "") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: default}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 443, name: https, protocol: HTTPS}
            hosts: [{{hosts}}]
            tls: {{tls}}
        {{more}}

        """;

    /// <summary>A secret of type <c>kubernetes.io/tls</c> beside the gateway.</summary>
    public static string Secret(string name, TestCertificate certificate, string? authorities = null, string? revocations = null) =>
        Secret(name, [("tls.crt", certificate.Pem), ("tls.key", certificate.KeyPem), ("ca.crt", authorities), ("ca.crl", revocations)]);

    /// <summary>A secret beside the gateway with these values.</summary>
    public static string Secret(string name, IEnumerable<(string Key, string? Value)> values)
    {
        var text = new StringBuilder($"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: istio-system}}\ndata:\n");
        foreach ((string key, string? value) in values)
        {
            if (value is not null)
            {
                text.Append("  ").Append(key).Append(": ").Append(Convert.ToBase64String(Encoding.ASCII.GetBytes(value))).Append('\n');
            }
        }

        return text.ToString();
    }
}
