using System.Globalization;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Upstream;

/// <summary>Several backends of one service, which answer with their names: <c>b0</c>, <c>b1</c>, ...</summary>
public sealed class NamedBackends : IAsyncDisposable
{
    private readonly ScriptedBackend[] _backends;

    /// <summary>Starts them.</summary>
    public NamedBackends(int count)
    {
        _backends = [.. Enumerable.Range(0, count).Select(_ => ScriptedBackend.Start(Loopback.Next()))];
        for (int i = 0; i < count; i++)
        {
            Answer(i, 200);
        }
    }

    /// <summary>One of them.</summary>
    public ScriptedBackend this[int index] => _backends[index];

    /// <summary>An answer with a status and the name.</summary>
    public static string AnswerOf(int index, int status, string fields = "") =>
        string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} Status\r\ncontent-length: 2\r\n{fields}\r\nb{index}");

    /// <summary>Lets one answer with a status from now on.</summary>
    public void Answer(int index, int status) => _backends[index].Answer = _ => AnswerOf(index, status);

    /// <summary>A service of that host with all of them, its route, and a traffic policy as YAML in one line.</summary>
    /// <param name="host">The host, which is also the service.</param>
    /// <param name="trafficPolicy">For example <c>loadBalancer: {simple: RANDOM}</c>; empty for none.</param>
    /// <param name="endpointFields">More fields for each endpoint: <c>weight: 3</c>.</param>
    /// <param name="route">More fields of the route, each a line of YAML.</param>
    public string Manifest(string host, string trafficPolicy = "", Func<int, string>? endpointFields = null, params string[] route) =>
        Manifest(host, _backends.Length, trafficPolicy, endpointFields, route);

    /// <summary>The same with the first <paramref name="count"/> of them.</summary>
    public string Manifest(string host, int count, string trafficPolicy = "", Func<int, string>? endpointFields = null, params string[] route)
    {
        var text = new StringBuilder(Service(host, count, endpointFields));
        if (trafficPolicy.Length > 0)
        {
            text.Append($$"""
                ---
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata: {name: {{NameOf(host)}}, namespace: default}
                spec:
                  host: {{host}}
                  trafficPolicy: {{{trafficPolicy}}}

                """);
        }

        text.Append(Manifests.Route(host, host));
        foreach (string line in route)
        {
            text.Append("    ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A service of that host with the first <paramref name="count"/> of them, port 80, and nothing else.</summary>
    public string Service(string host, int count, Func<int, string>? endpointFields = null)
    {
        var text = new StringBuilder($$"""
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

            """);
        for (int i = 0; i < count; i++)
        {
            string more = endpointFields?.Invoke(i) ?? "";
            text.Append(CultureInfo.InvariantCulture, $"  - {{address: {_backends[i].EndPoint.Address}, ports: {{http: {_backends[i].EndPoint.Port}}}{(more.Length > 0 ? ", " : "")}{more}}}\n");
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (ScriptedBackend backend in _backends)
        {
            await backend.DisposeAsync();
        }
    }
    private static string NameOf(string host) => host.Replace('.', '-');
}
