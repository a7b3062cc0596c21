namespace Tidegate.Proxy.Upstream.Health;

/// <summary>What came of one health check.</summary>
internal enum ProbeResult : byte
{
    /// <summary>The endpoint is well.</summary>
    Well,

    /// <summary>It answered, and the answer says that it is not (Envoy: active failure): it is ill at once.</summary>
    Ill,

    /// <summary>It answered for another service; ill at once.</summary>
    OtherService,

    /// <summary>It could not be reached or broke off, or answered in a way that may pass (Envoy: network failure).</summary>
    Failed,

    /// <summary>It did not answer in time.</summary>
    TimedOut,

    /// <summary>It was not asked, by our own doing: no descriptor or port is left, or a secret has not come yet. That says nothing of it.</summary>
    NotMade,
}
