using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Gateways;

/// <summary>
/// Makes one gateway of all that apply to the proxy (spec 1.2 and 1.4). Servers are taken in order, oldest Gateway first; one that does not
/// go with those before it is left out whole, with a diagnostic that says which is in its way.
/// </summary>
internal sealed class GatewayMerge
{
    private readonly IReadOnlyList<GatewayService> _services;
    private readonly FeatureUses _features;
    private readonly Dictionary<ServerPort, MergedServers> _merged = [];
    private readonly List<MergedServers> _ports = [];
    private readonly Dictionary<string, List<BoundServer>> _byRouteName = new(StringComparer.Ordinal);
    private readonly List<Finding> _findings = [];

    /// <summary>Resolved ports that some server has.</summary>
    private readonly HashSet<int> _usedPorts = [];

    /// <summary>The plain-text entry of a resolved port and address.</summary>
    private readonly Dictionary<(int Port, string Address), ServerPort> _plainText = [];

    /// <summary>Which server the filter chain of a server name is, on a resolved port and address.</summary>
    private readonly Dictionary<(int Port, string Address, string Name), BoundServer> _chains = [];

    /// <summary>Per resolved port, the hosts of servers with TLS settings: who has it, at which address.</summary>
    private readonly Dictionary<int, Dictionary<string, BoundServer>> _tlsHosts = [];

    private GatewayMerge(IReadOnlyList<GatewayService> services, FeatureUses features)
    {
        _services = services;
        _features = features;
    }

    /// <summary>Merges the Gateways that select the proxy.</summary>
    /// <param name="gateways">All Gateways, oldest first.</param>
    /// <param name="services">The gateway's Services.</param>
    /// <param name="node">The proxy.</param>
    /// <param name="features">What the proxy can serve.</param>
    public static MergedGateway Merge(
        IReadOnlyList<Gateway> gateways, IReadOnlyList<GatewayService> services, ProxyNode node, FeatureUses features)
    {
        var merge = new GatewayMerge(services, features);
        foreach (var gateway in gateways)
        {
            if (!node.IsSelectedBy(gateway.Spec.Selector))
            {
                merge._findings.Add(Finding.Info(
                    DiagnosticCodes.GatewaySelectsNothing,
                    gateway,
                    "selector",
                    $"does not select the gateway, whose labels are {string.Join(", ", node.Labels.Select(label => $"{label.Key}={label.Value}"))}; the Gateway has no effect"));
                continue;
            }
            for (var i = 0; i < gateway.Spec.Servers.Count; i++)
            {
                merge.Add(new BoundServer(gateway, i));
            }
        }
        return new MergedGateway
        {
            Ports = merge._ports,
            ServersByRouteName = merge._byRouteName,
            Findings = merge._findings,
        };
    }

    private void Add(BoundServer server)
    {
        // 1. A server needs a port.
        if (server.Port <= 0)
        {
            Reject(server, "port", "has no port number; the server is left out");
            return;
        }
        var port = PortResolution.Resolve(server.Port, _services);
        var routeName = server.RouteName(port);

        // (A server that the proxy could not serve is left out here and now, so that nothing refers to it.)
        if (_features.MissingFor(server) is { } missing)
        {
            _findings.Add(FeatureUses.LeftOut(server, missing));
            return;
        }

        if (_features.ServedWithout(server) is { } without)
        {
            _findings.Add(without);
        }

        // 2. No two servers with TLS settings may have a host on one port and address, nor any two the connections: the server name has to tell them apart.
        if (IsTaken(server, port))
        {
            return;
        }
        var key = new ServerPort(port, server.Server.Port!.Protocol, server.Bind);
        var isAdded = _plainText.TryGetValue((port, server.Address), out var plainText) ? AddToPlainText(server, key, plainText) // 4.
            : !_usedPorts.Contains(port) ? AddEntry(server, key, routeName) // 3. the first on the port
            : _plainText.Keys.Any(entry => entry.Port == port) ? AddAtOtherAddress(server, key, routeName) // 4. at another address anything goes
            : AddBesideTls(server, key, routeName); // 5.
        if (isAdded)
        {
            Claim(server, port);
        }
    }

    /// <summary>4. Plain-text servers share an entry only when both are HTTP.</summary>
    private bool AddToPlainText(BoundServer server, ServerPort key, ServerPort plainText)
    {
        var entry = _merged[plainText];
        if (!(server.Protocol.IsHttp() && PortProtocols.Parse(plainText.Protocol).IsHttp()))
        {
            Reject(
                server,
                "port.protocol",
                $"{key.Protocol} cannot share port {key.Number} with the {plainText.Protocol} server of {NameOf(entry.Servers[0])}; " +
                "use another port number or another bind address");
            return false;
        }
        entry.Servers.Add(server);
        AddToRoute(entry.RouteName, server);
        return true;
    }

    private bool AddAtOtherAddress(BoundServer server, ServerPort key, string routeName)
    {
        if (!_merged.TryGetValue(key, out var entry))
        {
            return AddEntry(server, key, routeName);
        }
        entry.RouteName = routeName;
        entry.Servers.Add(server);
        AddToRoute(routeName, server);
        return true;
    }

    /// <summary>5. TLS servers share a port: the server name tells them apart. HTTPS servers need route configurations of their own.</summary>
    private bool AddBesideTls(BoundServer server, ServerPort key, string routeName)
    {
        if (!server.IsTls)
        {
            return AddEntry(server, key, routeName);
        }
        if (server.IsHttp)
        {
            if (_byRouteName.TryGetValue(routeName, out var others))
            {
                Reject(
                    server,
                    "port.name",
                    $"\"{server.Server.Port!.Name}\" names the HTTPS port of server {others[0].Index} already; give each HTTPS server of a Gateway its own port name");
                return false;
            }
            _byRouteName[routeName] = [server];
        }
        if (_merged.TryGetValue(key, out var entry))
        {
            entry.Servers.Add(server);
        }
        else
        {
            NewEntry(server, key, "");
        }
        return true;
    }

    private bool AddEntry(BoundServer server, ServerPort key, string routeName)
    {
        if (!server.IsTls)
        {
            _plainText[(key.Number, server.Address)] = key;
        }
        if (server.IsHttp)
        {
            _byRouteName[routeName] = [server];
        }
        NewEntry(server, key, routeName);
        return true;
    }

    private void NewEntry(BoundServer server, ServerPort key, string routeName)
    {
        var entry = new MergedServers(key, routeName, server);
        _merged[key] = entry;
        _ports.Add(entry);
    }

    private void AddToRoute(string routeName, BoundServer server)
    {
        if (routeName.Length == 0)
        {
            return;
        }
        if (!_byRouteName.TryGetValue(routeName, out var servers))
        {
            _byRouteName[routeName] = servers = [];
        }
        servers.Add(server);
    }

    private bool IsTaken(BoundServer server, int port)
    {
        if (server.HasTls && _tlsHosts.TryGetValue(port, out var claims) && server.Hosts.Where(host => claims.TryGetValue(host, out var other) && other.Address == server.Address).ToArray() is [var first, ..] hosts)
        {
            RejectHosts(server, port, hosts, claims[first]);
            return true;
        }
        var names = server.ChainNames.Where(name => _chains.TryGetValue((port, server.Address, name), out var other) && !(IsPlainHttp(server) && IsPlainHttp(other))).ToArray();
        if (names.Length == 0)
        {
            return false;
        }
        var owner = _chains[(port, server.Address, names[0])];
        if (names[0].Length > 0)
        {
            RejectHosts(server, port, names, owner);
        }
        else
        {
            Reject(
                server,
                "port.protocol",
                $"{server.Server.Port!.Protocol} for any host cannot share port {port} with the {owner.Server.Port!.Protocol} server of {NameOf(owner)}, " +
                "which has every connection already; use another port number or another bind address");
        }
        return true;
    }

    private void RejectHosts(BoundServer server, int port, IEnumerable<string> hosts, BoundServer owner) => Reject(
        server,
        "hosts",
        $"{string.Join(", ", hosts.Select(host => $"\"{host}\""))} on port {port} belongs to server {owner.Index} of Gateway {owner.GatewayName}, " +
        "which is older; a host can be in one server with TLS settings per port");

    private void Claim(BoundServer server, int port)
    {
        _usedPorts.Add(port);
        if (server.HasTls)
        {
            if (!_tlsHosts.TryGetValue(port, out var claims))
            {
                _tlsHosts[port] = claims = new Dictionary<string, BoundServer>(StringComparer.Ordinal);
            }
            foreach (var host in server.Hosts)
            {
                claims[host] = server;
            }
        }
        foreach (var name in server.ChainNames)
        {
            _chains.TryAdd((port, server.Address, name), server);
        }
    }

    private static bool IsPlainHttp(BoundServer server) => server.Protocol.IsHttp();

    private static string NameOf(BoundServer server) => $"Gateway {server.GatewayName}, servers[{server.Index}]";

    private void Reject(BoundServer server, string field, string message) =>
        _findings.Add(Finding.Warning(
            DiagnosticCodes.ServerLeftOut, server.Gateway, $"servers[{server.Index}].{field}", message));
}
