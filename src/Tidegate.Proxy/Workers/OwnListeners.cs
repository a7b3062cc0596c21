using System.Net;
using Tidegate.Net;

namespace Tidegate.Proxy.Workers;

/// <summary>The addresses that the gateway's own listeners have: what is sent there comes back. Workers read it, one thread at a time changes it.</summary>
internal sealed class OwnListeners
{
    private volatile NetAddress[] _addresses = [];

    /// <summary>The listeners have these addresses now, and no others.</summary>
    public void Set(IEnumerable<IPEndPoint> addresses) => _addresses = [.. addresses.Select(NetAddress.From)];

    /// <summary>Whether a connection of ours leads to one of them.</summary>
    public bool Serve(Connection connection) => Serve(connection.RemoteAddress, connection.LocalAddress);

    /// <summary>Whether one of them is meant by an address.</summary>
    /// <param name="remote">The address.</param>
    /// <param name="near">An address of this machine that is as good as all of them: the near end of a connection to <paramref name="remote"/>, or to us.</param>
    public bool Serve(NetAddress remote, NetAddress near)
    {
        foreach (NetAddress own in _addresses)
        {
            // All addresses of this machine: the system gives a connection to one of them that address, or a loopback one, at its near end too.
            if (own.Port == remote.Port
                && (own.HasSameAddress(remote) || (own.IsUnspecified && (near.HasSameAddress(remote) || IPAddress.IsLoopback(remote.ToIPAddress())))))
            {
                return true;
            }
        }

        return false;
    }
}
