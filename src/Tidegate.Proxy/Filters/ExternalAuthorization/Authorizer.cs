using Tidegate.Http.Headers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>Somebody who is asked whether a request may go on.</summary>
internal abstract class Authorizer
{
    /// <summary>What is the connection's, or made anew for the client.</summary>
    protected static readonly KnownHeaderSet Framing = KnownHeaderSet.Of(
        KnownHeader.Connection, KnownHeader.ContentLength, KnownHeader.Date, KnownHeader.KeepAlive, KnownHeader.Server, KnownHeader.TransferEncoding, KnownHeader.Upgrade);

    /// <summary>Where it is.</summary>
    public required ClusterSlot Cluster { get; init; }

    /// <summary>How long it may take.</summary>
    public required long TimeoutMs { get; init; }

    /// <summary>Fields of the request that it is told; null for those that it is told unless something else is said.</summary>
    public ValueMatcher[]? AllowedHeaders { get; init; }

    /// <summary>Fields of the request that it is not told, whatever else is said.</summary>
    public ValueMatcher[] DisallowedHeaders { get; init; } = [];

    /// <summary>Asks.</summary>
    /// <param name="run">The request's way through its filters.</param>
    /// <param name="question">What of the request is told beside its head.</param>
    public abstract ValueTask<AuthorizerVerdict> AskAsync(FilterRun run, AuthorizerQuestion question);

    /// <summary>Whether one of these fits a field's name.</summary>
    protected static bool Matches(ValueMatcher[] matchers, ReadOnlySpan<byte> name)
    {
        foreach (ValueMatcher matcher in matchers)
        {
            if (matcher.Matches(name))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What of a request is told beside its head.</summary>
/// <param name="Body">Its body, as far as it is told; null where it is not.</param>
/// <param name="IsPart">Whether the body is longer than that.</param>
/// <param name="PacksBytes">Whether the body is told as bytes rather than as text.</param>
/// <param name="Context">What its route says to the authorizer.</param>
internal sealed record AuthorizerQuestion(byte[]? Body, bool IsPart, bool PacksBytes, IReadOnlyDictionary<string, string> Context);
