using Tidegate.Pilot.Translation.Findings;
namespace Tidegate.Pilot.Translation.Gateways;

/// <summary>A physical port with the protocol as written and the address: what servers are gathered under.</summary>
internal readonly record struct ServerPort(int Number, string Protocol, string Bind);

/// <summary>The servers of one <see cref="ServerPort"/>.</summary>
internal sealed class MergedServers(ServerPort port, string routeName, BoundServer first)
{
    public ServerPort Port { get; } = port;

    /// <summary>The route configuration of a plain-text HTTP port; HTTPS servers have one each.</summary>
    public string RouteName { get; set; } = routeName;

    public List<BoundServer> Servers { get; } = [first];
}

/// <summary>All servers of all Gateways that apply to the proxy, as one gateway (spec 1.4).</summary>
internal sealed class MergedGateway
{
    /// <summary>The ports in the order in which they were first asked for.</summary>
    public required IReadOnlyList<MergedServers> Ports { get; init; }

    /// <summary>Whether some server passes bytes on, so that it has to know where to.</summary>
    public bool HasTcpServers => Ports.Any(port => port.Servers.Any(server => server.PassesBytesOn));

    /// <summary>Whether some server passes TLS on to the cluster that its client names.</summary>
    public bool HasAutoPassthrough => Ports.Any(port => port.Servers.Any(server => server.PassesBytesOn && server.IsAutoPassthrough));

    /// <summary>Which servers a route configuration serves, in merge order.</summary>
    public required IReadOnlyDictionary<string, List<BoundServer>> ServersByRouteName { get; init; }

    /// <summary>Servers that were left out, and why.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }
}
