using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace Tidegate.Proxy.Configuration.DnsResolution;

/// <summary>
/// Finds the addresses of a name as the system does (hosts file, search domains), and with the time that the answer holds, which the system's resolver
/// does not tell. Where DNS does not know a name, the system is asked: it may have other sources. Any thread.
/// </summary>
public sealed class DnsResolver
{
    private readonly Lock _lock = new();
    private readonly HostsFile _hosts;
    private readonly string _settingsPath;
    private readonly IPEndPoint? _server;
    private readonly bool _asksSystem;
    private ResolverSettings _settings = new();
    private LookupClient? _client;
    private DateTime _readAt;

    private DnsResolver(string hostsPath, string settingsPath, IPEndPoint? server, bool asksSystem)
    {
        _hosts = new HostsFile(hostsPath);
        _settingsPath = settingsPath;
        _server = server;
        _asksSystem = asksSystem;
    }

    /// <summary>The system's.</summary>
    public static DnsResolver System { get; } = new("/etc/hosts", "/etc/resolv.conf", server: null, asksSystem: true);

    /// <summary>One with files and a server of its own, and nothing else.</summary>
    internal static DnsResolver Of(string hostsPath, string settingsPath, IPEndPoint server) => new(hostsPath, settingsPath, server, asksSystem: false);

    /// <summary>The addresses of a name. Throws <see cref="SocketException"/> when there are none, or no answer.</summary>
    /// <param name="name">The name, or an address, which is its own answer.</param>
    /// <param name="family">The family wanted; <see cref="AddressFamily.Unspecified"/> for both.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<DnsRecords> LookupAsync(string name, AddressFamily family, CancellationToken cancellation)
    {
        // 1. What needs no server.
        if (IPAddress.TryParse(name, out IPAddress? literal))
        {
            return Known([literal], family);
        }

        if (_hosts.Find(name).Where(address => Fits(address, family)).ToArray() is { Length: > 0 } listed)
        {
            return Known(listed, family);
        }

        // RFC 6761, section 6.3.
        string bare = name.TrimEnd('.');
        if (bare.Equals("localhost", StringComparison.OrdinalIgnoreCase) || bare.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
        {
            return Known([IPAddress.Loopback, IPAddress.IPv6Loopback], family);
        }

        // 2. The servers.
        (LookupClient? client, ResolverSettings settings) = Client();
        bool isBroken = false;
        foreach (string candidate in client is null ? [] : settings.CandidatesOf(name))
        {
            Answer answer = await QueryAsync(client!, candidate, family, cancellation);
            if (answer.Records is not null)
            {
                return answer.Records;
            }

            isBroken |= answer.IsBroken;
        }

        // 3. Whatever else the system may know. A server that is broken would be asked once more: that is left to the next round.
        if (isBroken)
        {
            throw new SocketException((int)SocketError.TryAgain);
        }

        return _asksSystem
            ? Known(await Dns.GetHostAddressesAsync(name, family, cancellation), family)
            : throw new SocketException((int)SocketError.HostNotFound);
    }

    private static bool Fits(IPAddress address, AddressFamily family) => family == AddressFamily.Unspecified || address.AddressFamily == family;

    private static DnsRecords Known(IEnumerable<IPAddress> addresses, AddressFamily family)
    {
        IPAddress[] fitting = [.. addresses.Where(address => Fits(address, family))];
        return fitting.Length > 0 ? new DnsRecords(fitting, null) : throw new SocketException((int)SocketError.NoData);
    }

    private static async Task<Answer> QueryAsync(LookupClient client, string name, AddressFamily family, CancellationToken cancellation)
    {
        QueryType[] types = family switch
        {
            AddressFamily.InterNetwork => [QueryType.A],
            AddressFamily.InterNetworkV6 => [QueryType.AAAA],
            _ => [QueryType.A, QueryType.AAAA],
        };
        Answer[] answers = await Task.WhenAll(types.Select(type => QueryAsync(client, name, type, cancellation)));
        DnsRecords[] records = [.. answers.Select(static answer => answer.Records).OfType<DnsRecords>()];
        return records.Length == 0
            ? new Answer(null, Array.Exists(answers, static answer => answer.IsBroken))
            : new Answer(new DnsRecords([.. records.SelectMany(static found => found.Addresses)], records.Min(static found => found.TimeToLive)), false);
    }

    private static async Task<Answer> QueryAsync(LookupClient client, string name, QueryType type, CancellationToken cancellation)
    {
        try
        {
            IDnsQueryResponse response = await client.QueryAsync(name, type, cancellationToken: cancellation);
            AddressRecord[] found = [.. response.Answers.OfType<AddressRecord>()];
            if (found.Length > 0)
            {
                // An alias holds no longer than its own record says.
                return new Answer(new DnsRecords([.. found.Select(static record => record.Address)], TimeSpan.FromSeconds(response.Answers.Min(static record => record.InitialTimeToLive))), false);
            }

            return new Answer(null, response.Header.ResponseCode is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // No answer, or none that makes sense: what the library throws while it reads one is whatever its reader runs into.
            return new Answer(null, true);
        }
    }

    // The settings may change while we run: a container's network, a laptop's.
    private (LookupClient? Client, ResolverSettings Settings) Client()
    {
        lock (_lock)
        {
            DateTime changedAt = File.GetLastWriteTimeUtc(_settingsPath);
            if (changedAt != _readAt)
            {
                _readAt = changedAt;
                _settings = File.Exists(_settingsPath) ? ResolverSettings.Parse(File.ReadLines(_settingsPath)) : new ResolverSettings();
                IPEndPoint[] servers = _server is null ? [.. _settings.Servers] : [_server];
                _client = servers.Length == 0 ? null : new LookupClient(new LookupClientOptions(servers)
                {
                    UseCache = false,
                    ThrowDnsErrors = false,
                    Timeout = _settings.Timeout,
                    Retries = _settings.Attempts - 1,
                });
            }

            return (_client, _settings);
        }
    }

    private readonly record struct Answer(DnsRecords? Records, bool IsBroken);
}
