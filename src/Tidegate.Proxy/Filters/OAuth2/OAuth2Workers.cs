using System.Collections.Concurrent;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>What one worker keeps for all requests of clients that log in; used within one turn of its loop.</summary>
/// <param name="capacity">How many sessions are remembered.</param>
internal sealed class OAuth2Worker(int capacity)
{
    /// <summary>Memory for what upstreams see of cookies.</summary>
    public byte[] Text = new byte[4096];

    /// <summary>Reads sessions.</summary>
    public SessionReader Reader { get; } = new(capacity);
}

/// <summary>Those of all workers.</summary>
internal sealed class OAuth2Workers
{
    private readonly ConcurrentDictionary<int, OAuth2Worker> _workers = [];

    /// <summary>That of a worker.</summary>
    public OAuth2Worker Of(int worker, int capacity) => _workers.GetOrAdd(worker, static (_, size) => new OAuth2Worker(size), capacity);
}
