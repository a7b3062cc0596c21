using System.Globalization;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>A host with its own backends and its own rules.</summary>
/// <param name="Rule">What stands in the VirtualService's rule beside <c>route</c>, one line each; flow style keeps it short.</param>
/// <param name="TrafficPolicy">The DestinationRule's <c>trafficPolicy</c> in flow style; empty for no DestinationRule.</param>
/// <param name="Backends">How many endpoints it has.</param>
public sealed record Scenario(string Rule = "", string TrafficPolicy = "", int Backends = 1);

/// <summary>
/// A gateway with one host for each situation that a class tests: host <c>NAME.test</c> with backends of its own, routed as its
/// <see cref="Scenario"/> says.
/// </summary>
public abstract class ScenarioGateway : IAsyncLifetime
{
    private readonly Dictionary<string, ScriptedBackend[]> _backends = [];
    private GatewayProcess? _gateway;

    /// <summary>The gateway.</summary>
    public GatewayProcess Gateway => _gateway ?? throw new InvalidOperationException("not started");

    /// <summary>The situations by name.</summary>
    protected abstract IReadOnlyDictionary<string, Scenario> Scenarios { get; }

    /// <summary>More options of <c>tidegate run</c>.</summary>
    protected virtual string[] Options => [];

    /// <summary>More manifests.</summary>
    protected virtual string ExtraManifests => "";

    /// <summary>The first backend of a situation.</summary>
    public ScriptedBackend Backend(string name) => _backends[name][0];

    /// <summary>All backends of a situation.</summary>
    public ScriptedBackend[] Backends(string name) => _backends[name];

    /// <summary>A GET to the situation's host.</summary>
    public Task<WireResponse> GetAsync(string name, string path = "/", string fields = "") =>
        Gateway.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: {name}.test\r\n{fields}\r\n");

    /// <summary>A counter of the situation's cluster, such as <c>upstream_rq_retry</c>.</summary>
    public async Task<long> CounterAsync(string name, string counter)
    {
        string wanted = $"cluster.outbound|80||{name}.test.{counter}";
        string page = await Gateway.AdminAsync("stats");
        string? line = page.Split('\n').FirstOrDefault(line => line.StartsWith(wanted + ":", StringComparison.Ordinal)
            || line.Replace(";", "", StringComparison.Ordinal).StartsWith(wanted + ":", StringComparison.Ordinal));
        Assert.True(line is not null, $"no counter {wanted}");
        return long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var manifests = new StringBuilder(Manifests.HttpGateway());
        foreach ((string name, Scenario scenario) in Scenarios)
        {
            ScriptedBackend[] backends = [.. Enumerable.Range(0, scenario.Backends).Select(_ => ScriptedBackend.Start(Loopback.Next()))];
            _backends.Add(name, backends);
            string host = $"{name}.test";
            manifests.Append(Manifests.Service(host, [.. backends.Select(backend => backend.EndPoint)]));
            manifests.Append(Manifests.Route(host, host).TrimEnd('\n')).Append('\n');
            foreach (string line in scenario.Rule.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                manifests.Append("    ").Append(line).Append('\n');
            }

            if (scenario.TrafficPolicy.Length > 0)
            {
                manifests.Append(CultureInfo.InvariantCulture, $$"""
                    ---
                    apiVersion: networking.istio.io/v1
                    kind: DestinationRule
                    metadata: {name: {{name}}, namespace: default}
                    spec:
                      host: {{host}}
                      trafficPolicy: {{scenario.TrafficPolicy}}

                    """);
            }
        }

        await using ScriptedBackend started = ScriptedBackend.Start(Loopback.Next());
        manifests.Append(Manifests.Backend("started.test", started));
        _gateway = await GatewayProcess.StartAsync(manifests + ExtraManifests, Options);
        await _gateway.AnswersAsync(200, "started.test");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        foreach (ScriptedBackend backend in _backends.Values.SelectMany(static backends => backends))
        {
            await backend.DisposeAsync();
        }
    }
}
