using System.Globalization;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Gateways;

/// <summary>One server of one Gateway, with its hosts made uniform (spec 1.5). Compared by reference.</summary>
internal sealed class BoundServer
{
    /// <summary>What a server listens on that names no address.</summary>
    public const string AnyAddress = "0.0.0.0";

    public BoundServer(Gateway gateway, int index)
    {
        Gateway = gateway;
        Index = index;
        Server = gateway.Spec.Servers[index];
        Protocol = PortProtocols.Parse(Server.Port?.Protocol);
        Hosts = Sanitize(Server.Hosts, gateway.Namespace);
    }

    public Gateway Gateway { get; }

    /// <summary>The place in the Gateway's list.</summary>
    public int Index { get; }

    public GatewayServer Server { get; }

    /// <summary><c>namespace/name</c> of the Gateway.</summary>
    public string GatewayName => $"{Gateway.Namespace}/{Gateway.Name}";

    /// <summary>The port as declared: what clients of the gateway's Service use.</summary>
    public int Port => (int)(Server.Port?.Number ?? 0);

    public PortProtocol Protocol { get; }

    /// <summary>The address to listen on as it is written; empty for all.</summary>
    public string Bind => Server.Bind;

    /// <summary>The address to listen on.</summary>
    public string Address => Bind.Length == 0 ? AnyAddress : Bind;

    /// <summary><c>host</c> or <c>namespace/host</c>.</summary>
    public IReadOnlyList<string> Hosts { get; }

    public bool HasTls => Server.Tls is not null;

    public bool RedirectsToHttps => Server.Tls?.HttpsRedirect == true;

    public bool IsPassthrough => Server.Tls is { } tls && tls.Mode is ServerTlsMode.Passthrough or ServerTlsMode.AutoPassthrough;

    /// <summary>Whether the server name that a client asks for is itself the name of a cluster.</summary>
    public bool IsAutoPassthrough => Server.Tls?.Mode == ServerTlsMode.AutoPassthrough;

    /// <summary>TLS settings that are not only the redirect of an HTTP server.</summary>
    public bool IsTls => HasTls && !Protocol.IsHttp();

    /// <summary>Whether requests are seen here: HTTP, or HTTPS that is terminated.</summary>
    public bool IsHttp => Protocol.IsHttp() || (Protocol == PortProtocol.Https && !IsPassthrough);

    /// <summary>HTTPS that is terminated here.</summary>
    public bool IsHttpsTermination => HasTls && Protocol == PortProtocol.Https && !IsPassthrough;

    /// <summary>Whether bytes are passed on unseen, to where a VirtualService says: also HTTPS without <c>tls</c>, which nothing can decrypt.</summary>
    public bool PassesBytesOn => !Protocol.IsHttp() && !IsHttpsTermination;

    /// <summary>
    /// The server names that clients ask for: hosts without namespace, once each, sorted. With <c>*</c> among them any name is meant.
    /// </summary>
    public IReadOnlyList<string> ServerNames => [.. Hosts.Select(HostOf).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>
    /// By which server names the filter chain that serves it is chosen: an empty name where that chain gets every connection that no other asks for. None
    /// for TLS that is passed on: there VirtualServices name them.
    /// </summary>
    public IReadOnlyList<string> ChainNames => IsPassthrough ? []
        : IsTls && !ServerNames.Contains("*") ? ServerNames
        : [""];

    /// <summary>The route configuration that serves it on that (resolved) port; empty when no routes are involved.</summary>
    public string RouteName(int resolvedPort)
    {
        var bind = Bind.Length == 0 ? "" : "." + Bind;
        if (Protocol.IsHttp())
        {
            return $"http.{resolvedPort.ToString(CultureInfo.InvariantCulture)}{bind}";
        }
        return Protocol == PortProtocol.Https && !IsPassthrough
            ? $"https.{Port.ToString(CultureInfo.InvariantCulture)}.{Server.Port?.Name}.{Gateway.Name}.{Gateway.Namespace}{bind}"
            : "";
    }

    /// <summary>The host without its namespace.</summary>
    public static string HostOf(string host) => host[(host.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary><c>./h</c> is the Gateway's own namespace, <c>*/h</c> any; <c>*/*</c> makes the whole list <c>*</c>.</summary>
    private static IReadOnlyList<string> Sanitize(IReadOnlyList<string> hosts, string namespaceName)
    {
        if (hosts.Contains("*/*"))
        {
            return ["*"];
        }
        return [.. hosts.Select(host => host switch
        {
            ['.', '/', .. var name] => $"{namespaceName}/{name}",
            ['*', '/', .. var name] => name,
            _ => host,
        })];
    }
}
