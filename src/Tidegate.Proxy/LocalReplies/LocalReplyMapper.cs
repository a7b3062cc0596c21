using Tidegate.Proxy.AccessLogs.Filters;
using Tidegate.Proxy.Fields;

namespace Tidegate.Proxy.LocalReplies;

/// <summary>What becomes of those answers of our own that a filter takes (Envoy: <c>ResponseMapper</c>). Immutable.</summary>
internal sealed record LocalReplyMapper(LogFilter Filter)
{
    /// <summary>The status instead; null keeps it.</summary>
    public int? Status { get; init; }

    /// <summary>The body instead; null keeps it.</summary>
    public byte[]? Body { get; init; }

    /// <summary>How the body is made of that; null leaves it to what stands for all.</summary>
    public LocalReplyBody? Format { get; init; }

    /// <summary>What is done to the fields.</summary>
    public HeaderMutations Headers { get; init; } = HeaderMutations.None;
}
