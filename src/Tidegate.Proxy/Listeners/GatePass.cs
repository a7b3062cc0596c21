using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Listeners;

/// <summary>The gates that a connection has passed: they are told when it is closed.</summary>
/// <param name="Worker">The worker that owns it.</param>
/// <param name="Gates">The gates.</param>
internal sealed record GatePass(Worker Worker, IReadOnlyList<ConnectionGate> Gates)
{
    /// <summary>The connection is closed.</summary>
    /// <param name="count">How many of the gates it has passed.</param>
    public void Leave(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Gates[i].Leave(Worker);
        }
    }
}
