using Tidegate.Proxy.Clusters;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>Somebody who is asked whether a request may go on.</summary>
internal abstract class Authorizer
{
    /// <summary>Where it is.</summary>
    public required ClusterSlot Cluster { get; init; }

    /// <summary>How long it may take.</summary>
    public required long TimeoutMs { get; init; }

    /// <summary>Asks.</summary>
    /// <param name="run">The request's way through its filters.</param>
    /// <param name="question">What of the request is told beside its head.</param>
    public abstract ValueTask<AuthorizerVerdict> AskAsync(FilterRun run, AuthorizerQuestion question);
}

/// <summary>What of a request is told beside its head.</summary>
/// <param name="Body">Its body, as far as it is told; null where it is not.</param>
/// <param name="Context">What its route says to the authorizer.</param>
internal sealed record AuthorizerQuestion(byte[]? Body, IReadOnlyDictionary<string, string> Context);
