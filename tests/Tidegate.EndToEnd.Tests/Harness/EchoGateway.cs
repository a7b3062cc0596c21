using System.Text;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>
/// A gateway in front of services that answer with what they were asked (<see cref="EchoedRequest"/>): tests send and see in the
/// answer which service got the request, and how. The routes are the class's own.
/// </summary>
public abstract class EchoGateway : IAsyncLifetime
{
    private readonly Dictionary<string, ScriptedBackend> _services = [];
    private GatewayProcess? _gateway;

    /// <summary>The gateway.</summary>
    public GatewayProcess Gateway => _gateway ?? throw new InvalidOperationException("not started");

    /// <summary>The names of the services; each is host <c>NAME.svc</c>.</summary>
    protected abstract IReadOnlyList<string> Services { get; }

    /// <summary>The VirtualServices (gateway <c>edge</c>) and whatever else there is.</summary>
    protected abstract string Routes { get; }

    /// <summary>The hosts of the Gateway <c>edge</c>.</summary>
    protected virtual string Hosts => "\"*\"";

    /// <summary>The service of that name.</summary>
    public ScriptedBackend Service(string name) => _services[name];

    /// <summary>A request with these lines after its first; <c>Host</c> is among them.</summary>
    public Task<WireResponse> SendAsync(string requestLine, params string[] fields) =>
        Gateway.ExchangeAsync($"{requestLine} HTTP/1.1\r\n{string.Concat(fields.Select(field => field + "\r\n"))}\r\n");

    /// <summary>A GET with these fields.</summary>
    public Task<WireResponse> GetAsync(string host, string path, params string[] fields) => SendAsync($"GET {path}", [$"Host: {host}", .. fields]);

    /// <summary>What the service saw of a GET; fails when no service answered.</summary>
    public async Task<EchoedRequest> EchoAsync(string host, string path, params string[] fields) =>
        EchoedRequest.Of(await GetAsync(host, path, fields));

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        string manifests = Manifests.HttpGateway(hosts: Hosts);
        foreach (string name in Services)
        {
            ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
            backend.Answer = request => EchoedRequest.Answer(name, request);
            _services.Add(name, backend);
            manifests += Manifests.Service($"{name}.svc", backend.EndPoint);
        }

        _gateway = await GatewayProcess.StartAsync(manifests + Manifests.Route("started.test", $"{Services[0]}.svc") + Routes);
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

        foreach (ScriptedBackend service in _services.Values)
        {
            await service.DisposeAsync();
        }
    }
}

/// <summary>A request as a service saw it.</summary>
/// <param name="Service">Which service.</param>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">The fields, <c>host</c> among them.</param>
/// <param name="Response">The answer, as the client got it.</param>
public sealed record EchoedRequest(string Service, string Method, string Target, WireHeaders Headers, WireResponse Response)
{
    /// <summary>The answer that carries a request back. A request field <c>x-answer-fields</c> (<c>name=value;name=value</c>) sets fields of it.</summary>
    public static string Answer(string service, BackendRequest request)
    {
        var body = new StringBuilder($"{service}\n{request.Method}\n{request.Target}\n");
        foreach ((string name, string value) in request.Headers)
        {
            body.Append(name).Append(": ").Append(value).Append('\n');
        }

        string fields = string.Concat((request.Headers["x-answer-fields"] ?? "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(field => field.Replace("=", ": ", StringComparison.Ordinal) + "\r\n"));
        string content = request.Method == "HEAD" ? "" : body.ToString();
        return $"HTTP/1.1 200 OK\r\ncontent-length: {body.Length}\r\n{fields}\r\n{content}";
    }

    /// <summary>Reads the answer of a service.</summary>
    public static EchoedRequest Of(WireResponse response)
    {
        Assert.True(response.Status == 200 && response.Body.Contains('\n', StringComparison.Ordinal), $"no service answered: {response.StatusLine} {response.Body}");
        string[] lines = response.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var headers = new WireHeaders();
        foreach (string line in lines[3..])
        {
            int colon = line.IndexOf(": ", 1, StringComparison.Ordinal);
            headers.Add(line[..colon], line[(colon + 2)..]);
        }

        return new EchoedRequest(lines[0], lines[1], lines[2], headers, response);
    }
}
