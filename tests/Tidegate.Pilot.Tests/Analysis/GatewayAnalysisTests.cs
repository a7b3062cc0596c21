using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Analysis;
using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Analysis;

/// <summary>What a running gateway says of its configuration, and until when.</summary>
public sealed class GatewayAnalysisTests
{
    private const string Gateway = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: shop, namespace: prod}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 80, name: http, protocol: HTTP}
            hosts: ["*.example.com"]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: shop, namespace: prod}
        spec:
          hosts: [shop.example.com]
          gateways: [shop]
          http:
          - route:
            - destination: {host: web, subset: v1}
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: web, namespace: prod}
        spec:
          host: web
          subsets:
          - name: v1
            labels: {version: v1}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: prod}
        spec:
          ports:
          - {name: http, port: 80}
        ---

        """;

    private const string Slice = """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: web-1
          namespace: prod
          labels: {kubernetes.io/service-name: web}
        addressType: IPv4
        endpoints:
        - addresses: [127.0.0.1]
        ports:
        - {name: http, port: 8080}
        """;

    [Fact]
    public async Task A_service_that_requests_go_to_and_that_has_no_endpoint_is_told_until_it_has_one()
    {
        await using var gateway = new AnalyzedGateway();

        gateway.Load(Gateway);
        Assert.Contains(gateway.Log, line => line.StartsWith("Warning no-endpoints: gateway.yaml:29: Service prod/web: has no endpoint, and VirtualService prod/shop sends requests to it"));

        gateway.Load(Gateway + Slice);
        Assert.Contains(gateway.Log, line => line.StartsWith("Information mended: no-endpoints: "));
        Assert.DoesNotContain(gateway.Codes, code => code == "no-endpoints");
    }

    [Fact]
    public async Task A_subset_without_endpoints_of_a_service_that_has_some_selects_nothing()
    {
        await using var gateway = new AnalyzedGateway();

        gateway.Load(Gateway + Slice);

        Assert.Equal(["IST0173"], gateway.Codes);
    }

    [Fact]
    public async Task What_was_told_is_not_told_again_when_the_object_moves_in_its_file()
    {
        await using var gateway = new AnalyzedGateway();

        gateway.Load(Gateway + Slice);
        int told = gateway.Log.Count;
        gateway.Load("# a comment\n" + Gateway + Slice);

        Assert.Equal(told, gateway.Log.Count);
    }

    [Fact]
    public async Task What_reading_refused_is_part_of_what_there_is_to_say()
    {
        await using var gateway = new AnalyzedGateway();

        gateway.Load(Gateway.Replace("protocol: HTTP", "protocol: SMTP", StringComparison.Ordinal) + Slice);

        Assert.Equal("IST0106", gateway.Codes[0]);
    }

    private sealed class AnalyzedGateway : IXdsSink, ILogger<GatewayAnalysis>, IAsyncDisposable
    {
        private readonly ObjectStore _store = new(NullLogger<ObjectStore>.Instance, TimeProvider.System);
        private readonly PilotServer _pilot;
        private readonly GatewayAnalysis _analysis;

        public AnalyzedGateway()
        {
            var work = new BackgroundWork(NullLogger.Instance, TimeProvider.System);
            _pilot = new PilotServer(_store, this, new PilotOptions(), NullLogger<PilotServer>.Instance, work);
            _analysis = new GatewayAnalysis(_store, _pilot, new PilotOptions(), this, work);
        }

        /// <summary>What was logged: level and text.</summary>
        public List<string> Log { get; } = [];

        /// <summary>The codes of all that there is to say now.</summary>
        public string[] Codes => [.. _analysis.Diagnostics.Select(diagnostic => diagnostic.Code)];

        /// <summary>Reads objects, translates them and analyzes what came of it, without waiting for any task.</summary>
        public void Load(string yaml)
        {
            _store.Join().Update(new Dictionary<string, Manifest> { ["gateway.yaml"] = new ManifestReader("default").Read("gateway.yaml", yaml) }, []);
            TranslationResult result = new Translator().Translate(new TranslationInput(_store.Current));
            var snapshot = new XdsSnapshot(result.Resources);
            _analysis.Analyze(new PilotPush(snapshot, snapshot.ChangesSince(XdsSnapshot.Empty), [], result.Diagnostics, result.GatewayServices, TimeSpan.Zero, TimeSpan.Zero));
        }

        public Task<IReadOnlyList<XdsRejection>> ApplyAsync(XdsDelta delta) => Task.FromResult<IReadOnlyList<XdsRejection>>([]);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Log.Add($"{logLevel} {formatter(state, exception)}");

        public async ValueTask DisposeAsync()
        {
            await _analysis.DisposeAsync();
            await _pilot.DisposeAsync();
        }
    }
}
