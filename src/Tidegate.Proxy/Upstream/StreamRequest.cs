using System.Threading.Tasks.Sources;
using Tidegate.Net;

namespace Tidegate.Proxy.Upstream;

/// <summary>Why no stream could be had.</summary>
internal enum ConnectionFailure : byte
{
    /// <summary>There is one.</summary>
    None,

    /// <summary>The endpoint refused, or the network did (Envoy: remote connection failure).</summary>
    Refused,

    /// <summary>The cluster's connect timeout passed.</summary>
    Timeout,

    /// <summary>The gateway could not connect: it has no descriptor or port left, or lacks a secret.</summary>
    OfGateway,

    /// <summary>The endpoint refused the host that the request asks for, or cannot show that it is it.</summary>
    OfHost,

    /// <summary>A circuit breaker is open.</summary>
    Overflow,

    /// <summary>There is no memory for another connection, or for the wait.</summary>
    OutOfMemory,

    /// <summary>The one who asked has given up.</summary>
    Cancelled,
}

/// <summary>
/// A request's wish for a stream, which waits in the endpoint's pool until there is a place for it. Reused by its owner, one wish at
/// a time. Who waits continues later in the loop's turn.
/// </summary>
internal sealed class StreamRequest(EventLoop loop) : IValueTaskSource<ConnectionFailure>
{
    private static readonly Action<object?> Continue = static request => ((StreamRequest)request!).SetResult();

    private ManualResetValueTaskSourceCore<ConnectionFailure> _source;
    private ConnectionFailure _failure;

    /// <summary>The stream, once there is one.</summary>
    public UpstreamStream? Stream { get; private set; }

    /// <summary>Why connecting failed, in words (for <c>UPSTREAM_TRANSPORT_FAILURE_REASON</c>); empty when it did not.</summary>
    public string Reason { get; private set; } = string.Empty;

    /// <summary>The pool in which it waits; null when it does not wait.</summary>
    internal EndpointPool? WaitsIn { get; set; }

    /// <summary>Whether it is counted against the cluster's limit of pending requests.</summary>
    internal bool IsCounted { get; set; }

    /// <summary>Neighbours in the pool's queue.</summary>
    internal StreamRequest? Next { get; set; }

    /// <summary>See <see cref="Next"/>.</summary>
    internal StreamRequest? Previous { get; set; }

    /// <summary>Gives up waiting; without effect when it does not wait.</summary>
    public void Cancel() => WaitsIn?.Cancel(this);

    internal void Begin()
    {
        _source.Reset();
        Stream = null;
        Reason = string.Empty;
    }

    internal ValueTask<ConnectionFailure> AsValueTask() => new(this, _source.Version);

    /// <summary>Notes the stream of a wish that did not have to wait.</summary>
    internal void Give(UpstreamStream stream) => Stream = stream;

    internal void Complete(UpstreamStream stream)
    {
        Stream = stream;
        End(ConnectionFailure.None);
    }

    internal void Fail(ConnectionFailure failure, string reason)
    {
        Reason = reason;
        End(failure);
    }

    private void End(ConnectionFailure failure)
    {
        _failure = failure;
        loop.Post(Continue, this);
    }

    private void SetResult() => _source.SetResult(_failure);

    ConnectionFailure IValueTaskSource<ConnectionFailure>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ConnectionFailure>.GetStatus(short token) => _source.GetStatus(token);

    // Without the scheduling flag: whoever completes it is on the loop already, and the continuation runs there at once.
    void IValueTaskSource<ConnectionFailure>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
