using Tidegate.Net;
using Tidegate.Net.Timers;

namespace Tidegate.Proxy.Listeners;

/// <summary>A connection that is refused, and held for a while so that its client does not come again at once (Envoy: <c>connection_limit</c>, <c>delay</c>). Nothing is read from it.</summary>
internal sealed class HeldRefusal : AcceptedConnection
{
    private readonly WorkerFilterChain _chain;
    private readonly Connection _connection;
    private readonly CallbackTimer _timer;

    public HeldRefusal(WorkerFilterChain chain, Connection connection)
    {
        _chain = chain;
        _connection = connection;
        _timer = new CallbackTimer(chain.Worker.Loop.Timers, Close);
    }

    /// <inheritdoc/>
    public override WorkerFilterChain Chain => _chain;

    /// <summary>Holds it.</summary>
    public void Hold(long delayMs) => _timer.Start(delayMs);

    /// <inheritdoc/>
    public override void Drain(DrainReason reason) => Close();

    /// <inheritdoc/>
    public override void Cut() => Close();

    private void Close()
    {
        _timer.Stop();
        _connection.Close();
        _chain.Owner.Remove(this);
        _chain.Owner.OnServed(Acceptance);
    }
}
