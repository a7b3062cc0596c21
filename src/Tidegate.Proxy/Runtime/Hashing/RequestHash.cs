using System.Numerics;
using Tidegate.Http;
using Tidegate.Net;

namespace Tidegate.Proxy.Runtime.Hashing;

/// <summary>
/// How a route makes a hash of a request, by which consistent load balancing goes (Envoy: <c>hash_policy</c>; istio-gateway.md 4.14). Immutable.
/// </summary>
public sealed class RequestHash
{
    private readonly HashPolicy[] _policies;

    /// <summary>The hash of several policies, in order.</summary>
    public RequestHash(IEnumerable<HashPolicy> policies) => _policies = [.. policies];

    /// <summary>The hash; null when no policy finds what it goes by.</summary>
    /// <param name="source">The request, as the client sent it.</param>
    /// <param name="setCookies">Gets the values of <c>set-cookie</c> for the answer, where cookies were made; made when it is needed.</param>
    public ulong? Compute(in HashSource source, ref List<byte[]>? setCookies)
    {
        ulong? hash = null;
        foreach (HashPolicy policy in _policies)
        {
            if (policy.Compute(source, ref setCookies) is { } found)
            {
                hash = hash is { } before ? BitOperations.RotateLeft(before, 1) ^ found : found;
            }

            if (policy.IsTerminal && hash is not null)
            {
                break;
            }
        }

        return hash;
    }
}

/// <summary>What a request is hashed by.</summary>
/// <param name="Request">The head.</param>
/// <param name="Client">The trusted address of the client.</param>
/// <param name="Peer">The address at the other end of the connection.</param>
/// <param name="Local">The gateway's address that the client connected to.</param>
public readonly record struct HashSource(RequestHead Request, NetAddress Client, NetAddress Peer, NetAddress Local);
