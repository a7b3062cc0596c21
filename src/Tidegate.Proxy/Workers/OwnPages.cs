using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using Microsoft.Extensions.Logging;

namespace Tidegate.Proxy.Workers;

/// <summary>
/// The addresses of the gateway's own pages that belong to its operator. They have no password but the address that they listen on, so no cluster of the configuration may have
/// them as an endpoint: whoever may write a route would be the operator. The bootstrap's own clusters lead to what of the pages is for everybody. Any thread.
/// </summary>
internal sealed partial class OwnPages(IReadOnlyList<IPEndPoint> pages, EndPoint? publicPages, ILogger logger)
{
    private readonly ConcurrentDictionary<string, bool> _told = new();

    /// <summary>Whether an endpoint of a cluster is one of them; told once for each cluster.</summary>
    public bool Refuses(string cluster, EndPoint endpoint)
    {
        if (endpoint is not IPEndPoint address || !IsOne(address))
        {
            return false;
        }

        if (_told.TryAdd(cluster, true))
        {
            LogRefused(logger, cluster, address);
        }

        return true;
    }

    /// <summary>Where an endpoint of the bootstrap's clusters really is.</summary>
    public EndPoint TargetOf(EndPoint endpoint) => publicPages is not null && endpoint is IPEndPoint address && IsOne(address) ? publicPages : endpoint;

    private bool IsOne(IPEndPoint endpoint)
    {
        foreach (IPEndPoint page in pages)
        {
            if (page.Port == endpoint.Port && LeadsTo(Plain(endpoint.Address), Plain(page.Address)))
            {
                return true;
            }
        }

        return false;
    }

    // To connect to no address in particular is to connect to this machine.
    private static bool LeadsTo(IPAddress address, IPAddress page)
    {
        bool isHere = IsAny(address) || IPAddress.IsLoopback(address);
        return address.Equals(page) || (IsAny(address) && IPAddress.IsLoopback(page)) || (IsAny(page) && (isHere || IsOfThisMachine(address)));
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsOfThisMachine(IPAddress address) => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(static network => network.GetIPProperties().UnicastAddresses)
        .Any(own => own.Address.Equals(address));

    [LoggerMessage(Level = LogLevel.Error, Message = "cluster {Cluster}: endpoint {EndPoint} is the gateway's own admin or agent port, which no route may lead to; requests for it get 503")]
    private static partial void LogRefused(ILogger logger, string cluster, IPEndPoint endPoint);
}
