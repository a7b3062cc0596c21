using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// Lets a filter chain's connections in or not, as soon as they are accepted and before TLS: what is refused costs as little as can be. It is for bytes and for
/// HTTP alike. Shared by all workers.
/// </summary>
internal abstract class ConnectionGate
{
    /// <summary>What the log says of a connection that it refuses (Envoy: <c>CONNECTION_TERMINATION_DETAILS</c>).</summary>
    public abstract string Refusal { get; }

    /// <summary>How long a refused connection is held before it is closed, in milliseconds.</summary>
    public virtual long RefusalDelayMs => 0;

    /// <summary>A connection has come. False: it is refused.</summary>
    /// <param name="worker">The worker that has accepted it.</param>
    /// <param name="scope">The scope of the chain's counters: what a gate adds beside it goes with it.</param>
    public abstract bool TryEnter(Worker worker, StatScope scope);

    /// <summary>A connection that was let in is closed.</summary>
    public virtual void Leave(Worker worker)
    {
    }
}
