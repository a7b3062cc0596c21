namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>How one attempt to get an answer ended.</summary>
internal enum AttemptOutcome : byte
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>The head of an answer is there, whatever it says.</summary>
    Answered,

    /// <summary>The cluster had no endpoint for it.</summary>
    NoEndpoint,

    /// <summary>There was no connection, or it ended too early: see <see cref="UpstreamAttempt.Reset"/>.</summary>
    Reset,

    /// <summary>The request cannot be sent there, by no fault of the endpoint: see <see cref="UpstreamAttempt.Unsendable"/>.</summary>
    Unsendable,

    /// <summary>There was no memory for it.</summary>
    OutOfMemory,

    /// <summary>The limit of time of one attempt has passed (Envoy: <c>per_try_timeout</c>).</summary>
    TryTimedOut,

    /// <summary>The cluster's limit of time for a request has passed (Envoy: <c>max_stream_duration</c>).</summary>
    TooLong,

    /// <summary>Another attempt, made beside it, has brought the answer.</summary>
    Outrun,

    /// <summary>The request as a whole has ended.</summary>
    Aborted,
}
