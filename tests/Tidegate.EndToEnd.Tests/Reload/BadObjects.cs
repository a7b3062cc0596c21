namespace Tidegate.EndToEnd.Tests.Reload;

/// <summary>Objects that cannot work as they are written, each in its own way; none of them is unreadable YAML.</summary>
internal static class BadObjects
{
    // What a VirtualService says of its one route.
    private static readonly string[] Routes =
    [
        "{route: [{destination: {host: app.test}}], headers: {response: {set: {x-code: '%INVALID%'}}}}",
        "{route: [{destination: {host: app.test}}], headers: {request: {set: {'a b': v}}}}",
        "{route: [{destination: {host: app.test}}], headers: {request: {add: {':path': /x}}}}",
        "{match: [{uri: {regex: '('}}], route: [{destination: {host: app.test}}]}",
        "{match: [{headers: {x-a: {regex: '[z-a]'}}}], route: [{destination: {host: app.test}}]}",
        "{redirect: {redirectCode: 305}}",
        "{redirect: {authority: 'a b'}}",
        "{directResponse: {status: 99}}",
        "{fault: {abort: {httpStatus: 7, percentage: {value: 100}}}, route: [{destination: {host: app.test}}]}",
        "{route: [{destination: {host: app.test}}], rewrite: {uriRegexRewrite: {match: '/(a)', rewrite: '\\9'}}}",
        "{route: [{destination: {host: app.test}}], rewrite: {uriRegexRewrite: {match: '/(a', rewrite: x}}}",
        "{route: [{destination: {host: app.test}}], timeout: -1s}",
        "{route: [{destination: {host: app.test}}], retries: {attempts: -1}}",
        "{route: [{destination: {host: app.test}, weight: -1}]}",
        "{route: [{destination: {host: ''}}]}",
        "{}",
    ];

    // Other objects; NAME is put in.
    private static readonly string[] Others =
    [
        "kind: Gateway\nspec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: tcp, protocol: TCP}, hosts: ['*']}]}",
        "kind: Gateway\nspec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: NAME, protocol: HTTPS}, hosts: [NAME.test], tls: {mode: SIMPLE, credentialName: none}}]}",
        "kind: Gateway\nspec: {selector: {istio: ingressgateway}, servers: [{port: {number: 99999, name: http, protocol: HTTP}, hosts: ['*']}]}",
        "kind: DestinationRule\nspec: {host: app.test, trafficPolicy: {loadBalancer: {consistentHash: {minimumRingSize: -1, httpHeaderName: x}}}}",
        "kind: DestinationRule\nspec: {host: app.test, trafficPolicy: {tls: {mode: NONSENSE}}}",
        "kind: ServiceEntry\nspec: {hosts: [NAME.test], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: '300.1.1.1'}]}",
        "kind: Secret\ntype: kubernetes.io/tls\nstringData: {tls.crt: no, tls.key: no}",
        "kind: EnvoyFilter\nspec: {configPatches: [{applyTo: HTTP_FILTER, patch: {operation: ADD, value: {name: NAME, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap}}}}]}",
        "kind: EnvoyFilter\nspec: {configPatches: [{applyTo: HTTP_FILTER, patch: {operation: ADD, value: {name: NAME, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, max_request_bytes: 9}}}}]}",
        "kind: EnvoyFilter\nspec: {configPatches: [{applyTo: HTTP_FILTER, match: {cluster: {name: x}}, patch: {operation: REMOVE}}]}",
        "kind: EnvoyFilter\nspec: {configPatches: [{applyTo: VIRTUAL_HOST, patch: {operation: ADD, value: {name: NAME, domains: [good0.test]}}}]}",
        "kind: EnvoyFilter\nspec: {configPatches: [{applyTo: CLUSTER, match: {cluster: {name: NAME}}, patch: {operation: REMOVE}}]}",
        "kind: EnvoyFilter\nspec: {configPatches: [{applyTo: LISTENER_FILTER, patch: {operation: ADD, value: {name: NAME}}}]}",
        "kind: ServiceEntry\nspec: {hosts: ['bad host'], resolution: NONE, ports: [{number: 80, name: http, protocol: HTTP}]}",
    ];

    /// <summary>An object of that name in namespace <c>team</c>, with its kind.</summary>
    public static (string Key, string Yaml) Make(string name, Random random)
    {
        int choice = random.Next(Routes.Length + Others.Length);
        string body = choice < Routes.Length
            ? $"kind: VirtualService\nspec: {{hosts: [{name}.test], gateways: [default/edge], http: [{Routes[choice]}]}}"
            : Others[choice - Routes.Length].Replace("NAME", name, StringComparison.Ordinal);
        string kind = body[6..body.IndexOf('\n', StringComparison.Ordinal)];
        // Patches and certificates count where the gateway is.
        string space = kind is "EnvoyFilter" or "Secret" ? "istio-system" : "team";
        string version = kind switch { "EnvoyFilter" => "networking.istio.io/v1alpha3", "Secret" => "v1", _ => "networking.istio.io/v1" };
        return ($"{kind} {space}/{name}: ", $"---\napiVersion: {version}\nmetadata: {{name: {name}, namespace: {space}}}\n{body}\n");
    }
}
