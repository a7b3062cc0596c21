using System.Net;
using System.Net.Sockets;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;

namespace Tidegate.Proxy.Configuration.DnsResolution;

/// <summary>Asks DNS for the addresses of a name. Throws <see cref="SocketException"/> when there is no answer.</summary>
/// <param name="name">The name, or an address, which is its own answer.</param>
/// <param name="family">The family wanted; <see cref="AddressFamily.Unspecified"/> for both.</param>
/// <param name="cancellation">Ends the wait.</param>
public delegate Task<DnsRecords> DnsLookup(string name, AddressFamily family, CancellationToken cancellation);

/// <summary>
/// Keeps the addresses of a DNS cluster's names fresh, on the thread pool (Envoy: STRICT_DNS, LOGICAL_DNS). A lookup that fails keeps the last answer
/// (edge.md, B10). A name is asked for again when its answer's time to live is over, where the cluster says so and the answer has one
/// (<c>respect_dns_ttl</c>), else after <c>dns_refresh_rate</c>; after a failure by <c>dns_failure_refresh_rate</c>.
/// </summary>
internal sealed partial class DnsDiscovery : IAsyncDisposable
{
    private static readonly TimeSpan DefaultRefresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(10);

    // Istio's dns_jitter; the API that we build on has no field for it.
    private static readonly TimeSpan Jitter = TimeSpan.FromMilliseconds(100);

    private readonly Cluster _cluster;
    private readonly DnsLookup _lookup;
    private readonly BackgroundWork _work;
    private readonly ILogger _logger;
    private readonly Action<DnsAnswer> _publish;
    private readonly Dictionary<string, IReadOnlyList<IPAddress>> _answers = new(StringComparer.OrdinalIgnoreCase);
    private readonly DnsRefresh _refresh;
    private readonly Name[] _names;
    private BackgroundLoop? _running;

    /// <summary>A discovery that does nothing before <see cref="Start"/>.</summary>
    /// <param name="cluster">The cluster; its assignment was checked.</param>
    /// <param name="lookup">Asks DNS.</param>
    /// <param name="work">Runs the asking.</param>
    /// <param name="logger">Is told of failures.</param>
    /// <param name="publish">Is called with what each address leads to, after every round in which all names that were due had an answer or a failure.</param>
    /// <param name="before">The discovery of the version before, whose answers hold until there are others; null when there is none.</param>
    public DnsDiscovery(Cluster cluster, DnsLookup lookup, BackgroundWork work, ILogger logger, Action<DnsAnswer> publish, DnsDiscovery? before)
    {
        _cluster = cluster;
        _lookup = lookup;
        _work = work;
        _logger = logger;
        _publish = publish;
        _refresh = DnsRefresh.Of(cluster, DefaultRefresh, Jitter);
        _names = [.. NamesOf(cluster).Distinct(StringComparer.OrdinalIgnoreCase).Select(static text => new Name(text))];
        if (before is not null && before._cluster.Type == cluster.Type && before._cluster.DnsLookupFamily == cluster.DnsLookupFamily)
        {
            lock (before._answers)
            {
                foreach (Name name in _names)
                {
                    if (before._answers.TryGetValue(name.Text, out IReadOnlyList<IPAddress>? answer))
                    {
                        _answers.Add(name.Text, answer);
                    }
                }
            }
        }
    }

    private bool IsLogical => _cluster.Type == Cluster.Types.DiscoveryType.LogicalDns;

    /// <summary>Begins to ask.</summary>
    public void Start() => _running = _work.Repeat($"asking DNS for cluster {_cluster.Name}", TurnAsync);

    /// <summary>What an address leads to, as far as it is known. Any thread.</summary>
    public IReadOnlyList<EndPoint> Resolve(Address address)
    {
        lock (_answers)
        {
            return _answers.TryGetValue(address.SocketAddress.Address, out IReadOnlyList<IPAddress>? answer)
                ? [.. answer.Select(found => new IPEndPoint(found, (int)address.SocketAddress.PortValue))]
                : [];
        }
    }

    /// <summary>Ends; nothing is published afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
        {
            await _running.DisposeAsync();
        }
    }

    private async Task TurnAsync(CancellationToken stopping)
    {
        // 1. Ask for what is due: in the first round for everything.
        TimeSpan now = _work.Time.GetElapsedTime(0);
        DnsOutcome[] asked = await Task.WhenAll(_names.Where(name => name.DueAt <= now).Select(name => AskAsync(name, stopping)));
        stopping.ThrowIfCancellationRequested();
        _publish(new DnsAnswer(Resolve, asked));

        // 2. Wait for the next that is; without names there is none.
        TimeSpan pause = _names.Length == 0 ? Timeout.InfiniteTimeSpan : _names.Min(static name => name.DueAt) - _work.Time.GetElapsedTime(0);
        if (pause > TimeSpan.Zero || pause == Timeout.InfiniteTimeSpan)
        {
            await Task.Delay(pause, _work.Time, stopping);
        }
    }

    private async Task<DnsOutcome> AskAsync(Name name, CancellationToken stopping)
    {
        TimeSpan pause;
        DnsRecords? records = await TryAskAsync(name.Text, stopping);
        DnsOutcome outcome = records is null ? DnsOutcome.Failed : records.Addresses.Count == 0 ? DnsOutcome.Empty : DnsOutcome.Answered;
        if (outcome == DnsOutcome.Answered)
        {
            name.Failures = 0;
            pause = _refresh.After(records!.TimeToLive, Random.Shared);
        }
        else
        {
            pause = _refresh.AfterFailure(name.Failures++, Random.Shared);
        }

        name.DueAt = _work.Time.GetElapsedTime(0) + pause;
        return outcome;
    }

    private async Task<DnsRecords?> TryAskAsync(string name, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(LookupTimeout, _work.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        try
        {
            DnsRecords records = await LookupFamiliesAsync(name, either.Token);
            if (records.Addresses.Count > 0)
            {
                // A stable order: the same answer in another order is no change.
                lock (_answers)
                {
                    _answers[name] = IsLogical
                        ? [records.Addresses[0]]
                        : [.. records.Addresses.OrderBy(static address => address.ToString(), StringComparer.Ordinal)];
                }
            }
            else
            {
                LogFailure(_logger, _cluster.Name, name, "no address");
            }

            return records;
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or OperationCanceledException or IOException)
        {
            if (!stopping.IsCancellationRequested)
            {
                LogFailure(_logger, _cluster.Name, name, exception is OperationCanceledException ? "no answer in time" : exception.Message);
            }
        }

        return null;
    }

    private async Task<DnsRecords> LookupFamiliesAsync(string name, CancellationToken cancellation)
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
                DnsRecords both = await _lookup(name, AddressFamily.Unspecified, cancellation);
                bool prefersV4 = _cluster.DnsLookupFamily == Cluster.Types.DnsLookupFamily.V4Preferred;
                DnsRecords preferred = Of(both, prefersV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);
                return preferred.Addresses.Count > 0 ? preferred : both;
        }
    }

    private static DnsRecords Of(DnsRecords records, AddressFamily family) =>
        records with { Addresses = [.. records.Addresses.Where(address => address.AddressFamily == family)] };

    private static IEnumerable<string> NamesOf(Cluster cluster) =>
        from locality in cluster.LoadAssignment?.Endpoints ?? []
        from endpoint in locality.LbEndpoints
        select endpoint.Endpoint.Address.SocketAddress.Address;

    [LoggerMessage(Level = LogLevel.Warning, Message = "cluster {Cluster}: DNS lookup of {Name} failed ({Reason}); the last answer stays")]
    private static partial void LogFailure(ILogger logger, string cluster, string name, string reason);

    // A name, when it is asked for next, and how often that has failed in a row.
    private sealed class Name(string text)
    {
        public string Text => text;

        public TimeSpan DueAt { get; set; }

        public int Failures { get; set; }
    }
}
