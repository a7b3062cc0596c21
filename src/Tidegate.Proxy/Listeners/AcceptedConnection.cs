using Tidegate.Proxy.Overload;

namespace Tidegate.Proxy.Listeners;

/// <summary>A client's connection in the list of its listener, whatever is done with it.</summary>
internal abstract class AcceptedConnection : IMemoryHolder
{
    /// <summary>Neighbours in the listener's list.</summary>
    public AcceptedConnection? Next { get; set; }

    /// <summary>See <see cref="Next"/>.</summary>
    public AcceptedConnection? Previous { get; set; }

    /// <summary>What was noted when it was let in.</summary>
    public required Acceptance Acceptance { get; init; }

    /// <summary>The filter chain that serves it; null before one is chosen.</summary>
    public virtual WorkerFilterChain? Chain => null;

    /// <inheritdoc/>
    public virtual long HeldBytes => 0;

    /// <inheritdoc/>
    public virtual void Shed()
    {
    }

    /// <summary>
    /// Its client is to learn that the connection ends soon, and may still use it. HTTP/1.1 can say so with its next answer only, and what is passed on
    /// as bytes not at all.
    /// </summary>
    public virtual void AnnounceDrain()
    {
    }

    /// <summary>It comes to its end: at once where nothing is under way, else with that.</summary>
    public abstract void Drain(DrainReason reason);

    /// <summary>Ends it as it is, and logs what was under way: the time to end well has passed.</summary>
    public abstract void Cut();
}
