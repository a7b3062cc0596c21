namespace Tidegate.Proxy.Listeners;

/// <summary>A client's connection in the list of its listener, whatever is done with it.</summary>
internal abstract class AcceptedConnection
{
    /// <summary>Neighbours in the listener's list.</summary>
    public AcceptedConnection? Next { get; set; }

    /// <summary>See <see cref="Next"/>.</summary>
    public AcceptedConnection? Previous { get; set; }

    /// <summary>Whether it counts against the limit of all connections.</summary>
    public bool IsCounted { get; init; }

    /// <summary>The filter chain that serves it; null before one is chosen.</summary>
    public virtual WorkerFilterChain? Chain => null;

    /// <summary>Nothing new begins from now on: it ends, at once or with what is under way.</summary>
    public abstract void Drain();
}
