using System.Net;
using System.Net.Sockets;
using Tidegate.Net;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Listeners;

/// <summary>A further address on which a listener's port is to be had.</summary>
/// <param name="ListenerPort">The port of the listener.</param>
/// <param name="EndPoint">The further address.</param>
/// <param name="Purpose">What it is, for a warning: <c>load balancer port 80 (http2)</c>.</param>
public sealed record ServicePort(int ListenerPort, IPEndPoint EndPoint, string Purpose);

/// <summary>Knows which addresses a listener has, and which of them could not be had.</summary>
internal sealed class ListenerAddresses(IPAddress? bindAddress)
{
    private readonly Dictionary<string, HashSet<ListenAddress>> _known = [];
    private readonly Dictionary<ListenAddress, string> _failures = [];

    /// <summary>What the gateway's Service promises outside.</summary>
    public IReadOnlyList<ServicePort> ServicePorts { get; set; } = [];

    /// <summary>What could not be had.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_failures)
            {
                return [.. _failures.Values];
            }
        }
    }

    /// <summary>
    /// The addresses to bind for a listener. An address that another program has is left out here already: with
    /// <c>SO_REUSEPORT</c> the kernel would let two gateways share a port, and each would get half of the connections.
    /// </summary>
    public IReadOnlyList<ListenAddress> Of(RuntimeListener listener)
    {
        HashSet<ListenAddress> known = _known.TryGetValue(listener.Name, out HashSet<ListenAddress>? bound) ? bound : [];
        List<ListenAddress> addresses = [];
        foreach (ListenAddress address in Wanted(listener))
        {
            if (known.Contains(address) || IsFree(address))
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    /// <summary>Notes what came of binding; returns a warning for each failure that is new.</summary>
    public IReadOnlyList<string> Note(RuntimeListener listener, IReadOnlyList<ListenAddress> tried, IEnumerable<BindFailure> failures)
    {
        HashSet<ListenAddress> bound = [.. tried];
        Dictionary<ListenAddress, IoError> failed = [];
        foreach (BindFailure failure in failures)
        {
            bound.Remove(failure.Address);
            failed[failure.Address] = failure.Error;
        }

        _known[listener.Name] = bound;
        List<string> messages = [];
        lock (_failures)
        {
            foreach (ListenAddress address in Wanted(listener))
            {
                if (bound.Contains(address))
                {
                    _failures.Remove(address);
                }
                else if (!_failures.ContainsKey(address))
                {
                    string message = Describe(address, failed.GetValueOrDefault(address));
                    _failures[address] = message;
                    messages.Add(message);
                }
            }
        }

        return messages;
    }

    /// <summary>The listener is gone.</summary>
    public void Forget(string listenerName) => _known.Remove(listenerName);

    private static bool IsFree(ListenAddress address)
    {
        using var probe = new Socket(address.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(address.EndPoint);
            probe.Listen(1); // binding alone succeeds beside a listening socket that allows reuse
            return true;
        }
        catch (SocketException exception)
        {
            // Anything but "in use" is found, and reported with its reason, when the workers bind.
            return exception.SocketErrorCode != SocketError.AddressAlreadyInUse;
        }
    }

    private static string Describe(ListenAddress address, IoError error)
    {
        string advice = error == IoError.PermissionDenied
            ? "ports below 1024 need root or CAP_NET_BIND_SERVICE, or sysctl net.ipv4.ip_unprivileged_port_start=0"
            : "another program has it: stop that one (ss -ltnp shows it) or choose another address with --bind";
        return $"{address.Purpose}: cannot listen on {address.EndPoint} ({(error == IoError.None ? "Address already in use" : error.ToString())}); {advice}. Everything else goes on.";
    }

    private IEnumerable<ListenAddress> Wanted(RuntimeListener listener)
    {
        foreach (IPEndPoint endPoint in listener.Addresses)
        {
            bool isWildcard = endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any);
            yield return new ListenAddress(
                isWildcard && bindAddress is not null ? new IPEndPoint(bindAddress, endPoint.Port) : endPoint,
                $"listener {listener.Name}");
            foreach (ServicePort port in ServicePorts)
            {
                if (port.ListenerPort == endPoint.Port)
                {
                    yield return new ListenAddress(port.EndPoint, port.Purpose);
                }
            }
        }
    }
}
