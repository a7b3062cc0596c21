using System.Net;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>Objects that many tests need.</summary>
public static class Manifests
{
    /// <summary>A Gateway <c>default/edge</c> on port 80 (so the listener is 8080) that takes every host.</summary>
    public static string HttpGateway(string name = "edge", int port = 80, string hosts = "\"*\"") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: {{name}}, namespace: default}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: {{port}}, name: http, protocol: HTTP}
            hosts: [{{hosts}}]

        """;

    /// <summary>A ServiceEntry and a VirtualService: everything for the host goes to the backend.</summary>
    public static string Backend(string host, ScriptedBackend backend, string gateway = "edge") =>
        Service(host, backend.EndPoint) + Route(host, host, gateway);

    /// <summary>A ServiceEntry of that host with these endpoints, port 80.</summary>
    public static string Service(string host, params IPEndPoint[] endpoints)
    {
        string list = string.Concat(endpoints.Select(endpoint => $"  - {{address: {endpoint.Address}, ports: {{http: {endpoint.Port}}}}}\n"));
        return $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: {{NameOf(host)}}, namespace: default}
            spec:
              hosts: [{{host}}]
              location: MESH_INTERNAL
              resolution: STATIC
              ports: [{number: 80, name: http, protocol: HTTP}]
              endpoints:

            """ + list;
    }

    /// <summary>A VirtualService: everything for <paramref name="host"/> goes to <paramref name="destination"/>, port 80.</summary>
    public static string Route(string host, string destination, string gateway = "edge") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: {{NameOf(host)}}, namespace: default}
        spec:
          hosts: ["{{host}}"]
          gateways: [{{gateway}}]
          http:
          - route:
            - destination: {host: {{destination}}, port: {number: 80} }

        """;

    /// <summary>The mesh's settings: each line of the access log has this format.</summary>
    public static string AccessLogFormat(string format) => $$"""
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: istio, namespace: istio-system}
        data:
          mesh: |
            accessLogFile: /dev/stdout
            accessLogFormat: "{{format.Replace("\"", "\\\"", StringComparison.Ordinal)}}\n"

        """;

    private static string NameOf(string host) => host.Replace('.', '-').Replace("*", "any", StringComparison.Ordinal);
}
