using System.Threading.Tasks.Sources;

namespace Tidegate.Proxy.Upstream;

/// <summary>Why no connection could be had.</summary>
internal enum ConnectionFailure : byte
{
    /// <summary>There is one.</summary>
    None,

    /// <summary>The endpoint refused, or the network did (Envoy: remote connection failure).</summary>
    Refused,

    /// <summary>The cluster's connect timeout passed.</summary>
    Timeout,

    /// <summary>A circuit breaker is open.</summary>
    Overflow,

    /// <summary>The one who asked has given up.</summary>
    Cancelled,
}

/// <summary>
/// A request's wish for a connection, which waits in the endpoint's pool until there is one. Reused by its owner, one wish at
/// a time.
/// </summary>
internal sealed class ConnectionRequest : IValueTaskSource<ConnectionFailure>
{
    private ManualResetValueTaskSourceCore<ConnectionFailure> _source;

    /// <summary>The connection, once there is one.</summary>
    public UpstreamConnection? Connection { get; private set; }

    /// <summary>Why connecting failed, in words (for <c>UPSTREAM_TRANSPORT_FAILURE_REASON</c>); empty when it did not.</summary>
    public string Reason { get; private set; } = string.Empty;

    /// <summary>The pool in which it waits; null when it does not wait.</summary>
    internal EndpointPool? WaitsIn { get; set; }

    /// <summary>Whether it is counted against the cluster's limit of pending requests.</summary>
    internal bool IsCounted { get; set; }

    /// <summary>Neighbours in the pool's queue.</summary>
    internal ConnectionRequest? Next { get; set; }

    /// <summary>See <see cref="Next"/>.</summary>
    internal ConnectionRequest? Previous { get; set; }

    /// <summary>Gives up waiting; without effect when it does not wait.</summary>
    public void Cancel() => WaitsIn?.Cancel(this);

    internal void Begin()
    {
        _source.Reset();
        Connection = null;
        Reason = string.Empty;
    }

    internal ValueTask<ConnectionFailure> AsValueTask() => new(this, _source.Version);

    /// <summary>Notes the connection of a wish that did not have to wait.</summary>
    internal void Connect(UpstreamConnection connection) => Connection = connection;

    internal void Complete(UpstreamConnection connection)
    {
        Connection = connection;
        _source.SetResult(ConnectionFailure.None);
    }

    internal void Fail(ConnectionFailure failure, string reason)
    {
        Reason = reason;
        _source.SetResult(failure);
    }

    ConnectionFailure IValueTaskSource<ConnectionFailure>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ConnectionFailure>.GetStatus(short token) => _source.GetStatus(token);

    // Without the scheduling flag: whoever completes it is on the loop already, and the continuation runs there at once.
    void IValueTaskSource<ConnectionFailure>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
