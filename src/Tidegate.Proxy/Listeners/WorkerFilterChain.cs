using Envoy.Config.Listener.V3;
using Tidegate.Net;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Listeners;

/// <summary>
/// One worker's half of a filter chain. It outlives a change of its listener as long as there is a chain of the same kind for
/// the same connections: those see the change with what they do next.
/// </summary>
internal abstract class WorkerFilterChain(WorkerListener owner)
{
    /// <summary>The listener that it belongs to.</summary>
    public WorkerListener Owner { get; } = owner;

    /// <summary>The configuration in force.</summary>
    public RuntimeFilterChain Chain { get; private set; } = null!;

    /// <summary>The worker that owns it.</summary>
    public Worker Worker => Owner.Worker;

    /// <summary>Whether connections are to end with what is under way.</summary>
    public bool IsDraining => IsRemoved || Owner.IsDraining;

    /// <summary>Whether nothing further begins on connections that have been answered: to rest is to end.</summary>
    public bool IsEnding => IsGone || Owner.Listeners.IsEnding;

    /// <summary>Whether it is not configured any more.</summary>
    public bool IsGone => IsRemoved || Owner.IsClosed;

    /// <summary>Whether the listener has no such chain any more.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>Connections of it that are left when it is not configured any more.</summary>
    public int LeftConnections { get; set; }

    /// <summary>Where its counters are.</summary>
    public ChainScopes Scopes { get; private set; } = null!;

    /// <summary>What is asked of connections, and of which kind the chain is: what stays when the listener changes.</summary>
    public (FilterChainMatch Match, bool IsHttp) Identity => IdentityOf(Chain);

    /// <summary>The identity of a chain.</summary>
    public static (FilterChainMatch Match, bool IsHttp) IdentityOf(RuntimeFilterChain chain) => (chain.Match ?? new FilterChainMatch(), chain.Http is not null);

    /// <summary>Takes another configuration.</summary>
    public void Update(RuntimeFilterChain chain, ChainScopes scopes)
    {
        Chain = chain;
        Scopes = scopes;
        Apply(scopes);
    }

    /// <summary>Takes a connection that has been counted: after the handshake, where the chain terminates TLS, it is served.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="traits">What the listener filters have found out; null when there were none.</param>
    /// <param name="acceptance">What was noted when it was let in.</param>
    public void Accept(Connection connection, ConnectionTraits? traits, Acceptance acceptance)
    {
        if (Chain.Gates.Count > 0 && !TryPassGates(connection, traits, ref acceptance))
        {
            return;
        }

        if (Chain.Tls is null)
        {
            Serve(connection, traits, acceptance);
            return;
        }

        var handshake = new PendingHandshake(this, connection, traits) { Acceptance = acceptance };
        Owner.Add(handshake);
        Worker.Run(handshake.RunAsync());
    }

    /// <summary>Serves a connection, plain or inside of TLS.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="traits">What the listener filters and the handshake have found out; null when there were none.</param>
    /// <param name="acceptance">What was noted when it was let in.</param>
    public abstract void Serve(Connection connection, ConnectionTraits? traits, Acceptance acceptance);

    /// <summary>A gate has refused a connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="traits">What the listener filters have found out; null when there were none.</param>
    /// <param name="details">Why it is refused.</param>
    protected virtual void OnRefused(Connection connection, ConnectionTraits? traits, string details)
    {
    }

    private bool TryPassGates(Connection connection, ConnectionTraits? traits, ref Acceptance acceptance)
    {
        var pass = new GatePass(Worker, Chain.Gates);
        for (int i = 0; i < pass.Gates.Count; i++)
        {
            ConnectionGate gate = pass.Gates[i];
            if (gate.TryEnter(Worker, Scopes.OfServer))
            {
                continue;
            }

            pass.Leave(i);
            OnRefused(connection, traits, gate.Refusal);
            if (gate.RefusalDelayMs > 0)
            {
                var held = new HeldRefusal(this, connection) { Acceptance = acceptance };
                Owner.Add(held);
                held.Hold(gate.RefusalDelayMs);
            }
            else
            {
                connection.Close();
                Owner.OnServed(acceptance);
            }

            return false;
        }

        acceptance = acceptance with { Pass = pass };
        return true;
    }

    /// <summary>Takes what follows from <see cref="Chain"/>.</summary>
    protected abstract void Apply(ChainScopes scopes);
}
