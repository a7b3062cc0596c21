namespace Tidegate.Net.Memory;

/// <summary>How full a <see cref="MemoryBudget"/> is, and what that asks of whoever is about to take more of it. Each level asks what those before it ask as well.</summary>
public enum MemoryPressure : byte
{
    /// <summary>There is enough.</summary>
    None,

    /// <summary>From 50 %: nothing is kept that the work can go on without.</summary>
    Elevated,

    /// <summary>From 80 %: what is dear for us and cheap for a peer is not begun.</summary>
    High,

    /// <summary>From 92 %: what is done is not kept open for more (Envoy: <c>disable_http_keepalive</c>).</summary>
    Severe,

    /// <summary>From 95 %: nothing new is begun (Envoy: <c>stop_accepting_requests</c>), and who holds most of it is ended (<c>reset_high_memory_stream</c>).</summary>
    Critical,

    /// <summary>From 98 %: nobody new is let in (Envoy: <c>reject_incoming_connections</c>).</summary>
    Full,

    /// <summary>All of it is used: what would take more is ended.</summary>
    Exhausted,
}
