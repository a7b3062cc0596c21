using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Tidegate.Net;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Listeners;

/// <summary>A further address on which a listener's port is to be had.</summary>
/// <param name="ListenerPort">The port of the listener.</param>
/// <param name="EndPoint">The further address.</param>
/// <param name="Purpose">What it is, for a warning: <c>load balancer port 80 (http2)</c>.</param>
public sealed record ServicePort(int ListenerPort, IPEndPoint EndPoint, string Purpose);

/// <summary>What came of opening a listener's addresses. Immutable.</summary>
/// <param name="Open">The addresses that all workers have.</param>
/// <param name="Failures">Those that could not be had, each with a line that says why and what to do.</param>
internal sealed record ListenerBinding(ImmutableHashSet<ListenAddress> Open, ImmutableDictionary<ListenAddress, string> Failures)
{
    /// <summary>That of a listener that has not been opened.</summary>
    public static readonly ListenerBinding None = new([], ImmutableDictionary<ListenAddress, string>.Empty);

    /// <summary>Whether it is of these addresses and no others.</summary>
    public bool IsOf(IReadOnlyList<ListenAddress> addresses) => Open.Union(Failures.Keys).SetEquals(addresses);

    /// <summary>Whether it takes connections where it was told to.</summary>
    public bool IsServing => Open.Any(static address => address.IsOwn);
}

/// <summary>Knows which addresses a listener is to have, which it has, and which could not be had. Read by any thread, changed by one at a time.</summary>
internal sealed class ListenerAddresses(IPAddress? bindAddress, bool sharesPorts)
{
    private readonly ConcurrentDictionary<string, ListenerBinding> _bindings = [];

    /// <summary>Is told of all addresses that are open.</summary>
    public OwnListeners? Follower { get; init; }

    /// <summary>What the gateway's Service promises outside.</summary>
    public IReadOnlyList<ServicePort> ServicePorts { get; set; } = [];

    /// <summary>What could not be had.</summary>
    public IReadOnlyList<string> Failures => [.. _bindings.Values.SelectMany(static binding => binding.Failures.Values)];

    /// <summary>What came of opening a listener's addresses.</summary>
    public ListenerBinding BindingOf(string listenerName) => _bindings.GetValueOrDefault(listenerName, ListenerBinding.None);

    /// <summary>
    /// The addresses to bind for a listener. An address that another program has is left out here already: with
    /// <c>SO_REUSEPORT</c> the kernel would let two gateways share a port, and each would get half of the connections, which is
    /// right only where it was asked for.
    /// </summary>
    public IReadOnlyList<ListenAddress> Of(RuntimeListener listener)
    {
        ListenerBinding known = BindingOf(listener.Name);
        return [.. Wanted(listener).Where(address => known.Open.Contains(address) || sharesPorts || IsBesideOwn(address.EndPoint) || IsFree(address))];
    }

    /// <summary>Notes what came of binding.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="tried">What was tried; all else of what it is to have is another program's.</param>
    /// <param name="failures">What could not be had of that.</param>
    /// <returns>What it was before.</returns>
    public ListenerBinding Note(RuntimeListener listener, IReadOnlyList<ListenAddress> tried, IEnumerable<BindFailure> failures)
    {
        ListenerBinding before = BindingOf(listener.Name);
        Dictionary<ListenAddress, IoError> failed = [];
        foreach (BindFailure failure in failures)
        {
            failed[failure.Address] = failure.Error;
        }

        ImmutableHashSet<ListenAddress> open = [.. tried.Where(address => !failed.ContainsKey(address))];
        _bindings[listener.Name] = new ListenerBinding(
            open,
            Wanted(listener).Distinct().Where(address => !open.Contains(address)).ToImmutableDictionary(static address => address, address => Describe(address, failed.GetValueOrDefault(address))));
        TellFollower();
        return before;
    }

    /// <summary>The listener is gone.</summary>
    public void Forget(string listenerName)
    {
        _bindings.TryRemove(listenerName, out _);
        TellFollower();
    }

    private void TellFollower() => Follower?.Set(_bindings.Values.SelectMany(static binding => binding.Open).Select(static address => address.EndPoint));

    // On a port of which we have all addresses, or others, a single one is ours to have: that another program has it the kernel says when it is bound.
    private bool IsBesideOwn(IPEndPoint endPoint) => _bindings.Values
        .SelectMany(static binding => binding.Open)
        .Any(open => open.EndPoint.Port == endPoint.Port && !open.EndPoint.Equals(endPoint) && (IsWildcard(open.EndPoint) || IsWildcard(endPoint)));

    private bool IsAnotherListeners(RuntimeListener listener, IPEndPoint endPoint) =>
        _bindings.Any(binding => binding.Key != listener.Name && binding.Value.Open.Any(open => open.EndPoint.Equals(endPoint)));

    private static bool IsWildcard(IPEndPoint endPoint) => endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any);

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
        if (!listener.BindsToPort)
        {
            yield break;
        }

        foreach (IPEndPoint endPoint in listener.Addresses)
        {
            yield return new ListenAddress(
                IsWildcard(endPoint) && bindAddress is not null ? new IPEndPoint(bindAddress, endPoint.Port) : endPoint,
                $"listener {listener.Name}",
                IsOwn: true);
            foreach (ServicePort port in ServicePorts)
            {
                // Of several listeners on one port the first has it.
                if (port.ListenerPort == endPoint.Port && !IsAnotherListeners(listener, port.EndPoint))
                {
                    yield return new ListenAddress(port.EndPoint, port.Purpose);
                }
            }
        }
    }
}
