using System.Net;
using System.Net.Sockets;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Microsoft.Extensions.Logging;

namespace Tidegate.Proxy.Runtime.DnsResolution;

/// <summary>Asks DNS for the addresses of a name. Throws <see cref="SocketException"/> when there is no answer.</summary>
/// <param name="name">The name, or an address, which is its own answer.</param>
/// <param name="family">The family wanted; <see cref="AddressFamily.Unspecified"/> for both.</param>
/// <param name="cancellation">Ends the wait.</param>
public delegate Task<IPAddress[]> DnsLookup(string name, AddressFamily family, CancellationToken cancellation);

/// <summary>
/// Keeps the addresses of a DNS cluster's names fresh, on the thread pool (Envoy: STRICT_DNS, LOGICAL_DNS). A lookup that fails keeps the last answer
/// (edge.md, B10). The interval is the cluster's <c>dns_refresh_rate</c>: the system's resolver tells no time to live.
/// </summary>
internal sealed partial class DnsDiscovery : IAsyncDisposable
{
    private static readonly TimeSpan DefaultRefresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(10);

    private readonly Cluster _cluster;
    private readonly DnsLookup _lookup;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<Func<Address, IReadOnlyList<EndPoint>>> _publish;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, IPAddress[]> _answers = [];
    private Task _running = Task.CompletedTask;

    /// <summary>A discovery that does nothing before <see cref="Start"/>.</summary>
    /// <param name="cluster">The cluster; its assignment was checked.</param>
    /// <param name="lookup">Asks DNS.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told of failures.</param>
    /// <param name="publish">Is called with what each address leads to, after every round in which all names have had an answer or a failure.</param>
    public DnsDiscovery(Cluster cluster, DnsLookup lookup, TimeProvider time, ILogger logger, Action<Func<Address, IReadOnlyList<EndPoint>>> publish)
    {
        _cluster = cluster;
        _lookup = lookup;
        _time = time;
        _logger = logger;
        _publish = publish;
    }

    private bool IsLogical => _cluster.Type == Cluster.Types.DiscoveryType.LogicalDns;

    /// <summary>The system's resolver.</summary>
    public static Task<IPAddress[]> SystemLookup(string name, AddressFamily family, CancellationToken cancellation) =>
        Dns.GetHostAddressesAsync(name, family, cancellation);

    /// <summary>Begins to ask.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Ends; nothing is published afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        string[] names = [.. Names().Distinct(StringComparer.OrdinalIgnoreCase)];
        TimeSpan refresh = _cluster.DnsRefreshRate?.ToTimeSpan() ?? DefaultRefresh;
        TimeSpan failureRefresh = _cluster.DnsFailureRefreshRate?.BaseInterval?.ToTimeSpan() ?? refresh;
        try
        {
            while (true)
            {
                bool[] answers = await Task.WhenAll(names.Select(AskAsync));
                _stopping.Token.ThrowIfCancellationRequested();
                _publish(Resolve);
                TimeSpan pause = answers.All(static isAnswered => isAnswered) ? refresh : failureRefresh;
                TimeSpan jitter = TimeSpan.FromMilliseconds(Random.Shared.Next(0, 100));
                await Task.Delay(pause + jitter, _time, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The cluster is gone or replaced.
            return;
        }
    }

    private async Task<bool> AskAsync(string name)
    {
        using var timeout = new CancellationTokenSource(LookupTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
        try
        {
            IPAddress[] addresses = await LookupFamiliesAsync(name, either.Token);
            if (addresses.Length > 0)
            {
                // A stable order: the same answer in another order is no change.
                lock (_answers)
                {
                    _answers[name] = IsLogical ? addresses[..1] : [.. addresses.OrderBy(static address => address.ToString(), StringComparer.Ordinal)];
                }

                return true;
            }

            LogFailure(_logger, _cluster.Name, name, "no address");
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or OperationCanceledException)
        {
            if (!_stopping.IsCancellationRequested)
            {
                LogFailure(_logger, _cluster.Name, name, exception is OperationCanceledException ? "no answer in time" : exception.Message);
            }
        }

        return false;
    }

    private async Task<IPAddress[]> LookupFamiliesAsync(string name, CancellationToken cancellation)
    {
        switch (_cluster.DnsLookupFamily)
        {
            case Cluster.Types.DnsLookupFamily.V4Only:
                return Of(await _lookup(name, AddressFamily.InterNetwork, cancellation), AddressFamily.InterNetwork);
            case Cluster.Types.DnsLookupFamily.V6Only:
                return Of(await _lookup(name, AddressFamily.InterNetworkV6, cancellation), AddressFamily.InterNetworkV6);
            case Cluster.Types.DnsLookupFamily.All:
                return await _lookup(name, AddressFamily.Unspecified, cancellation);
            default:
                IPAddress[] both = await _lookup(name, AddressFamily.Unspecified, cancellation);
                bool prefersV4 = _cluster.DnsLookupFamily == Cluster.Types.DnsLookupFamily.V4Preferred;
                IPAddress[] preferred = Of(both, prefersV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);
                return preferred.Length > 0 ? preferred : both;
        }
    }

    private static IPAddress[] Of(IPAddress[] addresses, AddressFamily family) => [.. addresses.Where(address => address.AddressFamily == family)];

    private IEnumerable<string> Names() =>
        from locality in _cluster.LoadAssignment.Endpoints
        from endpoint in locality.LbEndpoints
        select endpoint.Endpoint.Address.SocketAddress.Address;

    private IReadOnlyList<EndPoint> Resolve(Address address)
    {
        lock (_answers)
        {
            return _answers.TryGetValue(address.SocketAddress.Address, out IPAddress[]? answer)
                ? [.. answer.Select(found => new IPEndPoint(found, (int)address.SocketAddress.PortValue))]
                : [];
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "cluster {Cluster}: DNS lookup of {Name} failed ({Reason}); the last answer stays")]
    private static partial void LogFailure(ILogger logger, string cluster, string name, string reason);
}
