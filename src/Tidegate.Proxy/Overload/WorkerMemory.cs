using Tidegate.Net;
using Tidegate.Net.Memory;

namespace Tidegate.Proxy.Overload;

/// <summary>
/// What a worker asks before it begins something for a peer: whether there is memory for it (edge.md, S11). What is refused here is answered or closed, and counted; the process stays inside
/// of its limit.
/// </summary>
/// <param name="loop">The worker's loop.</param>
internal sealed class WorkerMemory(EventLoop loop)
{
    private readonly MemoryAccount _account = loop.Memory;

    /// <summary>Makes room when requests have to be refused.</summary>
    public MemoryRelief Relief { get; } = new(loop);

    /// <summary>Whether nothing more is kept that a request can go on without: bodies for retries and copies.</summary>
    public bool IsScarce => _account.Pressure >= MemoryPressure.Elevated;

    /// <summary>Whether no further TLS handshake is begun: it takes more than a connection, and a client can have as many as it likes.</summary>
    public bool RefusesHandshakes => _account.Pressure >= MemoryPressure.High;

    /// <summary>Whether a connection is closed behind its answer.</summary>
    public bool EndsKeepAlive => _account.Pressure >= MemoryPressure.Severe;

    /// <summary>Whether new connections are closed.</summary>
    public bool RefusesConnections => _account.Pressure >= MemoryPressure.Full;

    /// <summary>Whether what would take more ends.</summary>
    public bool IsExhausted => _account.Pressure >= MemoryPressure.Exhausted;

    /// <summary>Whether new requests are refused. Those who hold most are ended then, so that there is room again.</summary>
    public bool RefusesRequests
    {
        get
        {
            bool refuses = _account.Pressure >= MemoryPressure.Critical;
            if (refuses)
            {
                Relief.Begin();
            }

            return refuses;
        }
    }

    /// <summary>What the worker could do without.</summary>
    public SpareMemory Spare => Relief.Spare;

    /// <summary>So many bytes more are held by what peers make the worker hold; less than 0: were given back.</summary>
    public void Charge(long bytes) => _account.Charge(bytes);
}
