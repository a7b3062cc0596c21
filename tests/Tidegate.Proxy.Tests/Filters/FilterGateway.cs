using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>A data plane with real sockets, one listener with a chain of filters, and a service behind it that answers what the test says.</summary>
internal sealed class FilterGateway : IAsyncDisposable
{
    private static int _started;

    private readonly ProxyServer _proxy;
    private readonly TcpListener _service;

    private FilterGateway(IPAddress address, ProxyOptions options, HttpFilter[] first)
    {
        Address = address;
        _service = new TcpListener(address, 0);
        _service.Start();
        _ = ServeAsync();
        _proxy = ProxyServer.Create(options with { Concurrency = options.Concurrency == 1 ? 1 : 2, BindAddress = address }, new Bootstrap(), NullLoggerFactory.Instance, null, first);
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, Expect100ContinueTimeout = TimeSpan.FromSeconds(20) })
        {
            BaseAddress = new Uri($"http://{address}:8080/"),
            Timeout = TimeSpan.FromSeconds(20),
        };
    }

    /// <summary>A client of the gateway that decodes nothing.</summary>
    public HttpClient Client { get; }

    /// <summary>The data plane.</summary>
    public ProxyServer Proxy => _proxy;

    /// <summary>Where it listens, port 8080.</summary>
    public IPAddress Address { get; }

    /// <summary>Heads and bodies of the requests that the service got.</summary>
    public ConcurrentQueue<string> Seen { get; } = new();

    /// <summary>What the service answers to a head: all bytes.</summary>
    public Func<string, byte[]> Answer { get; set; } = static _ => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"u8.ToArray();

    /// <summary>Whether the service ends a connection after each answer.</summary>
    public bool EndsAfterAnswer { get; set; }

    /// <summary>Whether the service ends a connection as soon as anything comes.</summary>
    public bool EndsOnArrival { get; set; }

    /// <summary>What the service waits for before it reads anything; null for nothing.</summary>
    public ManualResetEventSlim? MayRead { get; set; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts one.</summary>
    /// <param name="filters">The filters before the router, as JSON objects behind each other.</param>
    /// <param name="routes">The routes of the one virtual host; everything goes to the service unless given.</param>
    /// <param name="host">More of the virtual host.</param>
    /// <param name="manager">More of the connection manager, as JSON fields with a comma in front of each.</param>
    /// <param name="options">More of the cluster, likewise.</param>
    /// <param name="proxy">What the data plane is told.</param>
    /// <param name="isRefusedInPart">Whether it is expected to refuse a part of that.</param>
    /// <param name="network">Filters for connections, as JSON objects with a comma behind each.</param>
    /// <param name="isTcp">Whether bytes are passed on, and there is no HTTP.</param>
    /// <param name="first">Filters in front of all others.</param>
    public static async Task<FilterGateway> StartAsync(
        string filters,
        string routes = """{"match": {"prefix": "/"}, "route": {"cluster": "service"}}""",
        string host = "",
        string manager = "",
        string options = "",
        ProxyOptions? proxy = null,
        bool isRefusedInPart = false,
        string network = "",
        bool isTcp = false,
        params HttpFilter[] first)
    {
        int number = Interlocked.Increment(ref _started);
        var gateway = new FilterGateway(new IPAddress([127, 73, (byte)(Environment.ProcessId % 250), (byte)number]), proxy ?? new ProxyOptions(), first);
        await gateway._proxy.StartAsync();
        const string TcpProxy = """
            {"name": "tcp", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "statPrefix": "tcp", "cluster": "service"}},
            """;
        var listener = XdsJson.Parse<Listener>($$$$$$$$"""
            {"name": "l", "address": {"socketAddress": {"address": "0.0.0.0", "portValue": 8080}}, "filterChains": [{"filters": [{{{{{{{{network}}}}}}}} {{{{{{{{(isTcp ? TcpProxy : "")}}}}}}}} {
              "name": "envoy.filters.network.http_connection_manager",
              "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "statPrefix": "in" {{{{{{{{manager}}}}}}}},
                "routeConfig": {"name": "r", "virtualHosts": [{"name": "h", "domains": ["*"], "routes": [{{{{{{{{routes}}}}}}}}] {{{{{{{{host}}}}}}}}}]},
                "httpFilters": [{{{{{{{{(filters.Length == 0 ? string.Empty : filters + ",")}}}}}}}}
                  {"name": "envoy.filters.http.router", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]}
            """);
        var cluster = XdsJson.Parse<Cluster>($$$$$$$$"""
            {"name": "service", "type": "STATIC", "loadAssignment": {"clusterName": "service", "endpoints": [{"lbEndpoints": [{"endpoint":
              {"address": {"socketAddress": {"address": "{{{{{{{{gateway.Address}}}}}}}}", "portValue": {{{{{{{{((IPEndPoint)gateway._service.LocalEndpoint).Port}}}}}}}}}}}}]}]} {{{{{{{{options}}}}}}}}}
            """);
        Assert.Equal(isRefusedInPart, (await gateway._proxy.ApplyAsync(XdsJson.Delta("1", cluster, listener))).Count > 0);
        return gateway;
    }

    /// <summary>A GET.</summary>
    public Task<HttpResponseMessage> GetAsync(string path = "/", params (string Name, string Value)[] fields)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach ((string name, string value) in fields)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Client.SendAsync(request, Cancellation);
    }

    /// <summary>The present value of a statistic by its full name; 0 when there is none.</summary>
    public long Stat(string name) => _proxy.Stats.Sample().Samples.Where(sample => sample.FullName == name).Sum(static sample => sample.Value);

    /// <summary>Waits until something holds that is asked of the data plane.</summary>
    public async Task EventuallyAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _service.Stop();
        await _proxy.DisposeAsync();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _service.AcceptTcpClientAsync(Cancellation));
            }
        }
        catch (Exception stopped) when (stopped is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    // Requests with a length or without a body, one after the other.
    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            NetworkStream stream = client.GetStream();
            if (MayRead is { } mayRead)
            {
                await Task.Factory.StartNew(() => mayRead.Wait(Cancellation), Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            var received = new StringBuilder();
            byte[] buffer = new byte[64 * 1024];
            int count;
            while ((count = await stream.ReadAsync(buffer, Cancellation)) > 0)
            {
                if (EndsOnArrival)
                {
                    return;
                }

                received.Append(Encoding.Latin1.GetString(buffer, 0, count));
                string text = received.ToString();
                int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (end < 0)
                {
                    continue;
                }

                string head = text[..end];
                string? length = head.Split("\r\n").FirstOrDefault(static line => line.StartsWith("content-length: ", StringComparison.Ordinal))?[16..];
                int total = end + 4 + (length is null ? 0 : int.Parse(length, System.Globalization.CultureInfo.InvariantCulture));
                if (text.Length >= total)
                {
                    Seen.Enqueue(text[..total]);
                    received.Remove(0, total);
                    await stream.WriteAsync(Answer(head), Cancellation);
                    if (EndsAfterAnswer)
                    {
                        return;
                    }
                }
            }
        }
    }
}
