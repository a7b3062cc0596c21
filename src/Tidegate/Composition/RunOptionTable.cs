using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Tidegate.Commands;
using Tidegate.Pilot.Translation;
using Tidegate.Rules.Values;

namespace Tidegate.Composition;

/// <summary>One option of <c>tidegate run</c>: its name, what it says in <c>--help</c>, and what a value does.</summary>
/// <param name="Name">Such as <c>--admin-port</c>.</param>
/// <param name="Argument">What the value is, for <c>--help</c>; empty for a switch.</param>
/// <param name="Description">What it is for, with its default.</param>
/// <param name="Apply">Puts a value into the options, or says what is wrong with it.</param>
/// <param name="IsRepeatable">Whether it may be given several times; in the environment the values are separated by commas.</param>
internal sealed record RunOption(
    string Name,
    string Argument,
    string Description,
    Func<RunOptions, string, (RunOptions Options, string? Error)> Apply,
    bool IsRepeatable = false)
{
    /// <summary>The environment variable that does the same; the command line wins.</summary>
    public string EnvironmentVariable { get; } = "TIDEGATE_" + Name[2..].Replace('-', '_').ToUpperInvariant();
}

/// <summary>All options of <c>tidegate run</c>, in the order of <c>--help</c>.</summary>
internal static class RunOptionTable
{
    /// <summary>The table.</summary>
    public static readonly IReadOnlyList<RunOption> All =
    [
        new("--namespace", "NAME", "Namespace of objects that name none. Default: default", (o, v) => (o with { Namespace = v }, null)),
        new("--state", "DIR", "Where the last good versions of wrong objects are remembered for the next start, or off. Default: a folder below $XDG_STATE_HOME/tidegate (~/.local/state/tidegate)", (o, v) => (o with { StateFolder = v == "off" ? string.Empty : v }, null)),
        new("--endpoint", "NAME.NAMESPACE[:PORT]=HOST:PORT", "Where a Service's endpoint is; may be given several times", Endpoint, IsRepeatable: true),
        new("--bind", "ADDRESS", "Address that listeners on 0.0.0.0 are bound to, with the load balancer's and the node ports. Default: 0.0.0.0, and 127.0.0.1 for those ports", (o, v) => Address(v, address => o with { Bind = address }, o)),
        new("--concurrency", "N", "Workers, each an event loop on a thread of its own. Default: one per core", (o, v) => Number(v, 1, 1024, n => o with { Concurrency = n }, o)),
        new("--admin-address", "ADDRESS", "Address of the admin and agent pages. Default: 127.0.0.1", (o, v) => Address(v, address => o with { AdminAddress = address }, o)),
        new("--admin-port", "PORT", "Port of Envoy's admin pages. Default: 15000", (o, v) => Number(v, 1, 65535, n => o with { AdminPort = n }, o)),
        new("--agent-port", "PORT", "Port of the agent's pages (readiness, merged metrics). Default: 15020", (o, v) => Number(v, 1, 65535, n => o with { AgentPort = n }, o)),
        new("--status-port", "PORT", "Port of /healthz/ready. Default: 15021", (o, v) => Number(v, 1, 65535, n => o with { StatusPort = n }, o)),
        new("--metrics-port", "PORT", "Port of /stats/prometheus. Default: 15090", (o, v) => Number(v, 1, 65535, n => o with { MetricsPort = n }, o)),
        new("--no-service-ports", string.Empty, "Do not open the load balancer's and the node ports of the gateway's Service", (o, v) => Switch(v, on => o with { OpensServicePorts = !on }, o)),
        new("--access-log", "FILE", "Access log: a file, /dev/stdout, or off. Default: /dev/stdout", (o, v) => (o with { AccessLog = v == "off" ? string.Empty : v }, null)),
        new("--access-log-encoding", "text|json", "Form of the access log. Default: text", AccessLogEncoding),
        new("--access-log-format", "FORMAT", "Format of the access log with Envoy's %OPERATORS%: a line of text, or a JSON object for the json encoding. Default: Istio's own", (o, v) => (o with { AccessLogFormat = v }, null)),
        new("--log-level", "LEVEL", "Least level of the event log on standard error: trace, debug, info, warning, error, critical, off. Default: info", Level),
        new("--drain-duration", "DURATION", "How long running requests may take to end after SIGTERM. Default: 5s", (o, v) => Milliseconds(v, ms => o with { DrainDuration = TimeSpan.FromMilliseconds(ms) }, o)),
        new("--listener-drain-duration", "DURATION", "How long TCP connections may go on when their Gateway's server is gone; 0 is no limit. Default: 45s", (o, v) => Milliseconds(v, ms => o with { ListenerDrainMs = ms }, o)),
        new("--gateway-namespace", "NAME", "Namespace that the gateway runs in. Default: istio-system", (o, v) => (o with { GatewayNamespace = v }, null)),
        new("--gateway-name", "NAME", "Name of the gateway's deployment, by which proxy-config asks for it. Default: the gateway's label app, else istio", (o, v) => (o with { GatewayName = v }, null)),
        new("--gateway-labels", "KEY=VALUE,...", "Labels of the gateway, which a Gateway's selector has to fit. Default: app=istio-ingressgateway,istio=ingressgateway", Labels),
        new("--workload-certificates", "DIR", "Where the gateway's own certificate of the mesh is (cert-chain.pem, key.pem, root-cert.pem), for ISTIO_MUTUAL. Default: /etc/certs", (o, v) => (o with { WorkloadCertificates = v }, null)),
        new("--compatibility-version", "1.16|current", "Which Istio's configuration and output are followed. Default: 1.16", Compatibility),
        new("--request-headers-timeout", "DURATION", "From a request's first byte to the end of its head; 0 is no limit. Default: 10s", (o, v) => Milliseconds(v, ms => o with { RequestHeadersTimeoutMs = ms }, o)),
        new("--tls-handshake-timeout", "DURATION", "From a connection's begin to the end of its TLS handshake; 0 is no limit. Default: 15s", (o, v) => Milliseconds(v, ms => o with { HandshakeTimeoutMs = ms }, o)),
        new("--max-tls-handshakes", "N", "TLS handshakes of clients at once, per worker; a further one is refused. Default: 4096", (o, v) => Number(v, 1, int.MaxValue, n => o with { MaxHandshakes = n }, o)),
        new("--misdirected-requests", "refuse|route", "What becomes of a request whose host belongs to another server of the port than its TLS connection: 421, or what its routes say (Istio: mostly 404). Default: refuse", MisdirectedRequests),
        new("--idle-timeout", "DURATION", "How long a client's connection may be idle; 0 is no limit. Default: 1h", (o, v) => Milliseconds(v, ms => o with { DownstreamIdleTimeoutMs = ms }, o)),
        new("--upstream-idle-timeout", "DURATION", "How long a connection to an endpoint may be idle; 0 is no limit. Default: 60s", (o, v) => Milliseconds(v, ms => o with { UpstreamIdleTimeoutMs = ms }, o)),
        new("--max-connections", "N", "Client connections at once; 0 is no limit. Default: 50000", (o, v) => Number(v, 0, int.MaxValue, n => o with { MaxConnections = n }, o)),
        new("--proxy-protocol-from", "CIDR,...", "Networks whose PROXY headers are believed, on listeners that take them; from elsewhere such a connection is closed. Default: all", Networks),
        new("--max-requests-per-connection", "N", "Requests after which a client's connection is closed; 0 is no limit. Default: 0", (o, v) => Number(v, 0, int.MaxValue, n => o with { MaxRequestsPerConnection = n }, o)),
        new("--max-concurrent-streams", "N", "Requests of one HTTP/2 connection at once; a further one is refused. Default: 100", (o, v) => Number(v, 1, int.MaxValue, n => o with { MaxConcurrentStreams = n }, o)),
        new("--max-header-bytes", "N", "Bytes of a request's head. Default: 61440", (o, v) => Number(v, 1024, 1024 * 1024, n => o with { Limits = o.Limits with { MaxHeaderBytes = n } }, o)),
        new("--max-header-count", "N", "Fields of a request's head. Default: 100", (o, v) => Number(v, 1, 10_000, n => o with { Limits = o.Limits with { MaxHeaderCount = n } }, o)),
        new("--max-request-line-bytes", "N", "Bytes of a request line, answered 414 beyond. Default: as the whole head", (o, v) => Number(v, 1024, 1024 * 1024, n => o with { Limits = o.Limits with { MaxRequestLineBytes = n } }, o)),
        new("--accept-http10", string.Empty, "Serve HTTP/1.0, which is answered 426 otherwise", (o, v) => Switch(v, on => o with { Limits = o.Limits with { AcceptHttp10 = on } }, o)),
        new("--reject-underscore-headers", string.Empty, "Refuse requests with an underscore in a field's name", (o, v) => Switch(v, on => o with { Limits = o.Limits with { RejectUnderscoreHeaders = on } }, o)),
    ];

    /// <summary>
    /// Binds what was given: the command line wins over the environment, which wins over the defaults. All errors are told, not
    /// the first.
    /// </summary>
    /// <param name="directory">The argument DIR; null when it was not given.</param>
    /// <param name="given">The values of an option on the command line; empty when it was not given.</param>
    /// <param name="environment">An environment variable's value; null when it is not set.</param>
    public static (RunOptions Options, IReadOnlyList<string> Errors) Bind(
        string? directory, Func<RunOption, IReadOnlyList<string>> given, Func<string, string?> environment)
    {
        var options = new RunOptions();
        List<string> errors = [];
        options = options with { Directory = directory ?? environment("TIDEGATE_DIR") ?? options.Directory };
        options = options with { StateFolder = DefaultStateFolder(options.Directory, environment) };
        foreach (RunOption option in All)
        {
            IReadOnlyList<string> values = given(option);
            string source = option.Name;
            if (values.Count == 0 && environment(option.EnvironmentVariable) is { Length: > 0 } value)
            {
                source = option.EnvironmentVariable;
                values = option.IsRepeatable ? value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [value];
            }

            foreach (string each in values)
            {
                (options, string? error) = option.Apply(options, each);
                if (error is not null)
                {
                    errors.Add($"{source}: {error}");
                }
            }
        }

        if (!Directory.Exists(options.Directory))
        {
            errors.Add($"{options.Directory}: no such directory; give the directory that holds the manifests");
        }

        return (options, errors);
    }

    // One for each directory of manifests; none where there is no place for it.
    private static string DefaultStateFolder(string directory, Func<string, string?> environment)
    {
        string? state = environment("XDG_STATE_HOME") is { Length: > 0 } given ? given
            : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".local", "state")
            : null;
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(directory))))[..16];
        return state is null ? string.Empty : Path.Combine(state, "tidegate", name);
    }

    private static (RunOptions Options, string? Error) Number(string value, int min, int max, Func<int, RunOptions> apply, RunOptions options) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? (apply(number), null)
            : (options, $"found \"{value}\", expected a number from {min} to {max}");

    private static (RunOptions Options, string? Error) Switch(string value, Func<bool, RunOptions> apply, RunOptions options) =>
        BooleanText.TryParse(value, out bool on) ? (apply(on), null) : (options, $"found \"{value}\", expected true or false");

    private static (RunOptions Options, string? Error) Address(string value, Func<IPAddress, RunOptions> apply, RunOptions options) =>
        IPAddress.TryParse(value, out IPAddress? address) ? (apply(address), null) : (options, $"found \"{value}\", expected an IP address");

    private static (RunOptions Options, string? Error) Networks(RunOptions options, string value)
    {
        List<IPNetwork> networks = [];
        foreach (string part in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string range = part.Contains('/', StringComparison.Ordinal) ? part : part + (part.Contains(':', StringComparison.Ordinal) ? "/128" : "/32");
            if (!IPNetwork.TryParse(range, out IPNetwork network))
            {
                return (options, $"\"{part}\" is no network; write one as 10.0.0.0/8 or 192.0.2.1");
            }

            networks.Add(network);
        }

        return (options with { ProxyHeaderSources = networks }, null);
    }

    private static (RunOptions Options, string? Error) Milliseconds(string value, Func<long, RunOptions> apply, RunOptions options) =>
        GoDuration.Read(value, out TimeSpan duration) is null && duration >= TimeSpan.Zero
            ? (apply((long)duration.TotalMilliseconds), null)
            : (options, $"found \"{value}\", expected a duration such as 500ms, 5s or 1h");

    private static (RunOptions Options, string? Error) Endpoint(RunOptions options, string value) =>
        EndpointOverride.TryParse(value, out EndpointOverride? endpoint, out string? error)
            ? (options with { Endpoints = [.. options.Endpoints, endpoint!] }, null)
            : (options, error);

    private static (RunOptions Options, string? Error) AccessLogEncoding(RunOptions options, string value) => value.ToUpperInvariant() switch
    {
        "TEXT" => (options with { IsAccessLogJson = false }, null),
        "JSON" => (options with { IsAccessLogJson = true }, null),
        _ => (options, $"found \"{value}\", expected text or json"),
    };

    private static (RunOptions Options, string? Error) Level(RunOptions options, string value)
    {
        LogLevel? level = value.ToUpperInvariant() switch
        {
            "TRACE" => LogLevel.Trace,
            "DEBUG" => LogLevel.Debug,
            "INFO" or "INFORMATION" => LogLevel.Information,
            "WARN" or "WARNING" => LogLevel.Warning,
            "ERROR" => LogLevel.Error,
            "CRITICAL" => LogLevel.Critical,
            "OFF" or "NONE" => LogLevel.None,
            _ => null,
        };
        return level is null
            ? (options, $"found \"{value}\", expected trace, debug, info, warning, error, critical or off")
            : (options with { LogLevel = level.Value }, null);
    }

    private static (RunOptions Options, string? Error) Labels(RunOptions options, string value)
    {
        SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (string pair in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                return (options, $"found \"{pair}\", expected KEY=VALUE");
            }

            labels[pair[..equals]] = pair[(equals + 1)..];
        }

        return (options with { GatewayLabels = labels }, null);
    }

    private static (RunOptions Options, string? Error) MisdirectedRequests(RunOptions options, string value) => value switch
    {
        "refuse" => (options with { RefusesMisdirected = true }, null),
        "route" => (options with { RefusesMisdirected = false }, null),
        _ => (options, $"found \"{value}\", expected refuse or route"),
    };

    private static (RunOptions Options, string? Error) Compatibility(RunOptions options, string value) => value switch
    {
        "1.16" => (options with { Compatibility = CompatibilityVersion.Istio1_16 }, null),
        "current" => (options with { Compatibility = CompatibilityVersion.Current }, null),
        _ => (options, $"found \"{value}\", expected 1.16 or current"),
    };
}
