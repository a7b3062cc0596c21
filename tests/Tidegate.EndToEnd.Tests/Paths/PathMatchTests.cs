using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Paths;

/// <summary>Which route a path takes: the path that is matched is the one that is forwarded (edge.md, group P).</summary>
public sealed class PathMatchTests(PathMatchTests.Routes routes) : IClassFixture<PathMatchTests.Routes>
{
    [Theory]
    [InlineData("/admin", "exact")] // P15
    [InlineData("/admin?", "exact")]
    [InlineData("/admin?a=/public", "exact")]
    [InlineData("/x/../admin", "exact")] // P01
    [InlineData("/%61dmin", "exact")] // P08
    [InlineData("/public/%2e%2e/admin", "exact")] // P03
    [InlineData("/admin/", "rest")] // P16
    [InlineData("/admin%20", "rest")]
    [InlineData("/ADMIN", "rest")] // P17
    [InlineData("//admin", "rest")] // P05
    [InlineData("/admin;x", "rest")] // P13
    [InlineData("/foo", "prefix")]
    [InlineData("/foobar", "prefix")] // P21
    [InlineData("/foo/bar", "prefix")]
    [InlineData("/fo", "rest")]
    [InlineData("/x?/foo", "rest")] // P15
    [InlineData("/r12", "regex")]
    [InlineData("/r12/x", "rest")] // P22
    [InlineData("/x/r12", "rest")]
    [InlineData("/r12?a", "regex")]
    public async Task A_path_takes_its_route(string path, string route)
    {
        WireResponse response = await routes.Gateway.GetAsync("match.test", path);

        Assert.Equal(200, response.Status);
        Assert.Equal(route, response.Body);
    }

    /// <summary>One VirtualService with four routes, each to a backend that answers with the route's name.</summary>
    public sealed class Routes : IAsyncLifetime
    {
        private readonly List<ScriptedBackend> _backends = [];
        private GatewayProcess? _gateway;

        /// <summary>The gateway.</summary>
        public GatewayProcess Gateway => _gateway ?? throw new InvalidOperationException("not started");

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            string manifests = Manifests.HttpGateway();
            foreach (string name in (string[])["exact", "prefix", "regex", "rest"])
            {
                ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
                backend.Answer = _ => $"HTTP/1.1 200 OK\r\ncontent-length: {name.Length}\r\n\r\n{name}";
                _backends.Add(backend);
                manifests += Manifests.Service($"{name}.test", backend.EndPoint);
            }

            manifests += """
                ---
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: match, namespace: default}
                spec:
                  hosts: [match.test]
                  gateways: [edge]
                  http:
                  - match: [{uri: {exact: /admin}}]
                    route: [{destination: {host: exact.test, port: {number: 80}}}]
                  - match: [{uri: {prefix: /foo}}]
                    route: [{destination: {host: prefix.test, port: {number: 80}}}]
                  - match: [{uri: {regex: "/r[0-9]+"}}]
                    route: [{destination: {host: regex.test, port: {number: 80}}}]
                  - route: [{destination: {host: rest.test, port: {number: 80}}}]

                """;
            _gateway = await GatewayProcess.StartAsync(manifests);
            await _gateway.AnswersAsync(200, "match.test");
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (_gateway is not null)
            {
                await _gateway.DisposeAsync();
            }

            foreach (ScriptedBackend backend in _backends)
            {
                await backend.DisposeAsync();
            }
        }
    }
}
