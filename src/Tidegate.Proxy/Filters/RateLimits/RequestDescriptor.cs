using Envoy.Config.Route.V3;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>How a route or a filter makes a descriptor of a request: entries of a key and a value, to which limits are given (Envoy: <c>RateLimit</c>). Immutable.</summary>
/// <param name="actions">What makes the entries.</param>
internal sealed class RequestDescriptor(IReadOnlyList<RateLimitAction> actions)
{
    private readonly RateLimitAction[] _actions = [.. actions];

    /// <summary>The filters of which stage go by it.</summary>
    public uint Stage { get; init; }

    /// <summary>Whether there is a key that could switch it off: Envoy's local limits do not go by it, its global ones do.</summary>
    public bool HasDisableKey { get; init; }

    /// <summary>How many hits a request is; null for one.</summary>
    public HitsAddend? Hits { get; init; }

    /// <summary>Whether answers tell the state of the limit; unspecified leaves it to the filter.</summary>
    public RateLimit.Types.XRateLimitOption Telling { get; init; }

    /// <summary>Writes the entries of a request. False: there is no such descriptor of it.</summary>
    public bool TryWrite(HttpExchange exchange, ref ByteBuilder entries)
    {
        foreach (RateLimitAction action in _actions)
        {
            if (!action.TryAppend(exchange, ref entries))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How many hits a request is. False: there is no such number, and so no such descriptor of it.</summary>
    public bool TryCountHits(HttpExchange exchange, out uint hits)
    {
        hits = 1;
        return Hits is null || Hits.TryGet(exchange, out hits);
    }
}
