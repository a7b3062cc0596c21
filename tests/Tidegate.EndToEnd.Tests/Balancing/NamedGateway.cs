using System.Collections.Concurrent;
using System.Globalization;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Upstream;

namespace Tidegate.EndToEnd.Tests.Balancing;

/// <summary>
/// A gateway in front of backends that answer with their names (<c>b0</c>, <c>b1</c>, ...), which many services share: which of them
/// got a request stands in the answer, and each service can see a backend fail that is well for the others.
/// </summary>
public abstract class NamedGateway : IAsyncLifetime
{
    private const string Started = """
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: started, namespace: default}
        spec:
          hosts: [started.test]
          gateways: [edge]
          http:
          - directResponse: {status: 200}

        """;

    private readonly ConcurrentDictionary<(string Host, int Backend), int> _statuses = new();
    private GatewayProcess? _gateway;
    private NamedBackends? _backends;

    /// <summary>The gateway.</summary>
    public GatewayProcess Gateway => _gateway ?? throw new InvalidOperationException("not started");

    /// <summary>The backends.</summary>
    public NamedBackends Backends => _backends ?? throw new InvalidOperationException("not started");

    /// <summary>How many there are.</summary>
    protected abstract int Count { get; }

    /// <summary>More options of <c>tidegate run</c>.</summary>
    protected virtual string[] Options => [];

    /// <summary>Everything but the Gateway <c>edge</c> on port 80.</summary>
    protected abstract string ManifestsFor(NamedBackends backends);

    /// <summary>Lets one backend answer the requests of a host with a status from now on.</summary>
    public void Answer(string host, int backend, int status) => _statuses[(host, backend)] = status;

    /// <summary>A GET on a connection of its own.</summary>
    public Task<WireResponse> GetAsync(string host, string path = "/", string fields = "") =>
        Gateway.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n");

    /// <summary>How many of so many requests on one connection each backend got, by name; all have to succeed.</summary>
    public async Task<SortedDictionary<string, int>> CountAsync(string host, int requests, string fields = "", string path = "/")
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        using RawClient client = await Gateway.ConnectAsync();
        for (int i = 0; i < requests; i++)
        {
            WireResponse response = await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n");
            Assert.True(response.Status == 200, $"{response.StatusLine} {response.Body}");
            counts[response.Body] = counts.GetValueOrDefault(response.Body) + 1;
        }

        return counts;
    }

    /// <summary>Lets a backend fail with 500 for a host until the gateway has stopped to send it anything.</summary>
    public async Task EjectAsync(string host, int backend)
    {
        Answer(host, backend, 500);
        string address = Backends[backend].EndPoint.ToString();
        await Eventually.HoldsAsync(
            async () =>
            {
                await GetAsync(host);
                return (await Gateway.AdminAsync("clusters")).Split('\n').Any(line =>
                    line.Contains($"|{host}::{address}::health_flags::/failed_outlier_check", StringComparison.Ordinal));
            },
            () => $"b{backend} is ejected from {host}\n{Gateway.Log}");
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _backends = new NamedBackends(Count);
        for (int i = 0; i < Count; i++)
        {
            int index = i;
            _backends[i].Answer = request => NamedBackends.AnswerOf(index, _statuses.GetValueOrDefault((request.Headers["host"]!, index), 200));
        }

        _gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + ManifestsFor(_backends) + Started, Options);
        await _gateway.AnswersAsync(200, "started.test");
        Assert.DoesNotContain("error   pilot", _gateway.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("not yet acted on", _gateway.Errors, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_backends is not null)
        {
            await _backends.DisposeAsync();
        }
    }

    /// <summary>A number as YAML has it.</summary>
    protected static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
