using System.Net;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>Gateways and routes for bytes of no protocol.</summary>
internal static class StreamManifests
{
    /// <summary>A Gateway <c>default/tcp</c> with one server.</summary>
    /// <param name="port">Its port.</param>
    /// <param name="protocol">TCP or TLS.</param>
    /// <param name="tls">Its TLS settings, in YAML flow form; null for none.</param>
    /// <param name="name">Its name.</param>
    /// <param name="hosts">Its hosts, in YAML flow form.</param>
    public static string Gateway(int port = 31400, string protocol = "TCP", string? tls = null, string name = "tcp", string hosts = "\"*\"") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: {{name}}, namespace: default}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: {{port}}, name: stream, protocol: {{protocol}}}
            hosts: [{{hosts}}]
        {{(tls is null ? "" : $"    tls: {tls}")}}

        """;

    /// <summary>A service with port 9000 and these endpoints.</summary>
    public static string Service(string host, params IPEndPoint[] endpoints) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: {{NameOf(host)}}, namespace: default}
        spec:
          hosts: [{{host}}]
          location: MESH_INTERNAL
          resolution: STATIC
          ports: [{number: 9000, name: tcp, protocol: TCP}]
          endpoints: [{{string.Join(", ", endpoints.Select(static endpoint =>
            $"{{address: {endpoint.Address}, ports: {{tcp: {endpoint.Port}}}, labels: {{security.istio.io/tlsMode: istio}}}}"))}}]

        """;

    /// <summary>A VirtualService with these <c>tcp</c> routes, in YAML, at that Gateway.</summary>
    public static string TcpRoutes(string routes, string gateway = "tcp") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: streams-{{gateway}}, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [{{gateway}}]
          tcp:
        {{routes}}

        """;

    /// <summary>A VirtualService: all goes to one host.</summary>
    public static string TcpRoute(string host, string gateway = "tcp") => TcpRoutes($"  - route: [{{destination: {{host: {host}, port: {{number: 9000}}}}}}]", gateway);

    /// <summary>A VirtualService: TLS for a server name goes to a host.</summary>
    public static string TlsRoute(string serverName, string host, string gateway = "tcp") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: {{NameOf(host)}}, namespace: default}
        spec:
          hosts: ["{{serverName}}"]
          gateways: [{{gateway}}]
          tls:
          - match: [{sniHosts: ["{{serverName}}"]}]
            route: [{destination: {host: {{host}}, port: {number: 9000} } }]

        """;

    /// <summary>A DestinationRule with this traffic policy, in YAML flow form.</summary>
    public static string Rule(string host, string policy) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: {{NameOf(host)}}, namespace: default}
        spec:
          host: {{host}}
          trafficPolicy: {{policy}}

        """;

    /// <summary>An EnvoyFilter that merges a value, in YAML flow form, into the gateway's listeners or filters.</summary>
    /// <param name="applyTo">Such as <c>LISTENER</c>.</param>
    /// <param name="value">The value.</param>
    /// <param name="match">What of a listener is meant, in YAML flow form.</param>
    public static string Patch(string applyTo, string value, string match = "{}") => $$"""
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: EnvoyFilter
        metadata: {name: patch, namespace: istio-system}
        spec:
          configPatches:
          - applyTo: {{applyTo}}
            match: {context: GATEWAY, listener: {{match}}}
            patch:
              operation: MERGE
              value: {{value}}

        """;

    private static string NameOf(string host) => host.Replace('.', '-');
}
