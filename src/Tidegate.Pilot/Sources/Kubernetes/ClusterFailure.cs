using System.Net;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>An API server does not answer as one should. Never more than a pause: what is in force stays.</summary>
/// <param name="message">What it did.</param>
internal sealed class ClusterFailure(string message) : Exception(message)
{
    /// <summary>The status of the answer; null where it is not the status that is wrong.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>How long the server asks to be left alone (<c>retry-after</c>); null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
