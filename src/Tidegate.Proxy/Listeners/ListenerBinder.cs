using System.Net;
using Microsoft.Extensions.Logging;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Listeners;

/// <summary>
/// Opens and closes listeners on all workers, and counts what comes of it. An address that cannot be had costs a warning and is tried again by whoever calls
/// <see cref="SetAsync"/>, until it is free. For one caller at a time; <see cref="Addresses"/> may be read by any thread.
/// </summary>
/// <param name="bindAddress">The address that listeners on all addresses are bound to; null for all.</param>
/// <param name="sharesPorts">Whether an address that another process has is bound as well.</param>
/// <param name="ownListeners">Is told which addresses are open.</param>
/// <param name="onAllWorkers">Runs something on every worker's loop.</param>
/// <param name="stats">Where listeners are counted.</param>
/// <param name="logger">Takes what could not be had, and what was had later.</param>
internal sealed partial class ListenerBinder(
    IPAddress? bindAddress, bool sharesPorts, OwnListeners ownListeners, Func<Func<WorkerListeners, IReadOnlyList<BindFailure>>, Task<IReadOnlyList<BindFailure>[]>> onAllWorkers, ListenerManagerStats stats, ILogger logger)
{
    /// <summary>Which addresses listeners have.</summary>
    public ListenerAddresses Addresses { get; } = new(bindAddress, sharesPorts) { Follower = ownListeners };

    /// <summary>Opens a listener, or gives it another configuration.</summary>
    public async Task SetAsync(RuntimeListener listener)
    {
        IReadOnlyList<ListenAddress> addresses = Addresses.Of(listener);
        IReadOnlyList<BindFailure>[] failures = await onAllWorkers(listeners => listeners.SetListener(listener.Name, listener, addresses));
        ListenerBinding before = Addresses.Note(listener, addresses, failures.SelectMany(failure => failure));
        ListenerBinding after = Addresses.BindingOf(listener.Name);
        foreach ((ListenAddress address, string message) in after.Failures)
        {
            if (!before.Failures.ContainsKey(address))
            {
                stats.ListenerCreateFailure += failures.Length;
                LogBindFailed(logger, message);
            }
        }

        foreach (ListenAddress address in after.Open.Except(before.Open))
        {
            stats.ListenerCreateSuccess += failures.Length;
            if (before.Failures.ContainsKey(address))
            {
                LogBound(logger, address.Purpose, address.EndPoint);
            }
        }
    }

    /// <summary>Closes a listener.</summary>
    public async Task RemoveAsync(string name)
    {
        await onAllWorkers(listeners => listeners.SetListener(name, null, []));
        Addresses.Forget(name);
        stats.ListenerRemoved++;
        LogListenerRemoved(logger, name);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Message}")]
    private static partial void LogBindFailed(ILogger logger, string message);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Purpose}: listens on {EndPoint} now, which has become free")]
    private static partial void LogBound(ILogger logger, string purpose, IPEndPoint endPoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "listener {Name} is removed; its connections end with the answer that is under way")]
    private static partial void LogListenerRemoved(ILogger logger, string name);
}
