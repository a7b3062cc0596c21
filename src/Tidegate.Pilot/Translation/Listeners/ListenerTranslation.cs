using System.Globalization;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.ProxyProtocol.V3;
using Envoy.Extensions.Filters.Listener.TlsInspector.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.Gateways;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>The listeners of the merged gateway (spec 2.1).</summary>
internal static class ListenerTranslation
{
    /// <summary>One listener per port and address, ordered by name. Port entries of the same name put their chains into one.</summary>
    public static IEnumerable<Listener> Translate(MergedGateway gateway, ListenerContext context)
    {
        var listeners = new SortedDictionary<string, Listener>(StringComparer.Ordinal);
        var needingClientHello = new HashSet<Listener>(ReferenceEqualityComparer.Instance);
        foreach (var servers in gateway.Ports)
        {
            servers.Servers.ForEach(server => context.ClaimTermination(servers.Port.Number, server));
        }
        foreach (var servers in gateway.Ports.Where(servers => CanBind(servers, context.Node)))
        {
            var bind = servers.Servers[0].Address;
            var name = $"{bind}_{servers.Port.Number.ToString(CultureInfo.InvariantCulture)}";
            var translation = new FilterChainTranslation(name, context);
            var chains = translation.Translate(servers).ToArray();
            if (!listeners.TryGetValue(name, out var listener))
            {
                listeners[name] = listener = Create(name, bind, servers.Port.Number, context.Mesh);
            }
            listener.FilterChains.Add(chains);
            if (translation.NeedsClientHello)
            {
                needingClientHello.Add(listener);
            }
        }
        foreach (var listener in listeners.Values)
        {
            // A listener without chains has nothing to do with a connection.
            if (listener.FilterChains.Count > 0)
            {
                AddListenerFilters(listener, context.Mesh, needingClientHello.Contains(listener));
                yield return listener;
            }
        }
    }

    private static bool CanBind(MergedServers servers, ProxyNode node) =>
        servers.Port.Number >= 1024 || node.Metadata.GetValueOrDefault("UNPRIVILEGED_POD") != "true";

    private static Listener Create(string name, string bind, int port, MeshSettings mesh)
    {
        var listener = new Listener
        {
            Name = name,
            Address = Address(bind, port),
            TrafficDirection = TrafficDirection.Outbound,
            MaxConnectionsToAcceptPerSocketEvent = 1,
            PerConnectionBufferLimitBytes = mesh.ConnectionSettings?.ListenerBufferBytes,
        };
        if (AccessLogs.ForListener(mesh) is { } accessLog)
        {
            listener.AccessLog.Add(accessLog);
        }
        return listener;
    }

    private static Address Address(string bind, int port) => bind.StartsWith("unix://", StringComparison.Ordinal)
        ? new Address { Pipe = new Pipe { Path = bind["unix://".Length..] } }
        : new Address { SocketAddress = new SocketAddress { Address = bind, PortValue = (uint)port } };

    private static void AddListenerFilters(Listener listener, MeshSettings mesh, bool needsClientHello)
    {
        if (mesh.RequiresProxyProtocol)
        {
            listener.ListenerFilters.Add(Filter("envoy.filters.listener.proxy_protocol", new ProxyProtocol()));
        }
        if (needsClientHello)
        {
            listener.ListenerFilters.Add(Filter("envoy.filters.listener.tls_inspector", new TlsInspector { InitialReadBufferSize = 512 }));
        }
    }

    private static ListenerFilter Filter(string name, IMessage configuration) => new() { Name = name, TypedConfig = Any.Pack(configuration) };
}
