using Tidegate.Net;

namespace Tidegate.Proxy.Tls;

/// <summary>Whose doing it is that there is no connection to an endpoint. What is not the endpoint's counts against none.</summary>
internal enum TransportFailure : byte
{
    /// <summary>There is one.</summary>
    None,

    /// <summary>The endpoint refused, broke off, or is not what it should be; or the network on the way to it.</summary>
    Endpoint,

    /// <summary>It took too long.</summary>
    Timeout,

    /// <summary>The gateway: it has no descriptor or port left, or a secret is not known yet.</summary>
    Gateway,

    /// <summary>The host that the request asks for: the endpoint may be well for others.</summary>
    Host,
}

/// <summary>What came of connecting to an endpoint, TLS included: a connection, or why there is none.</summary>
/// <param name="Connection">The connection, inside of TLS where the cluster has that; null when it failed.</param>
/// <param name="Failure">Whose doing it is that it failed.</param>
/// <param name="Reason">Why it failed, for the access log (<c>UPSTREAM_TRANSPORT_FAILURE_REASON</c>); empty when it did not.</param>
internal readonly record struct TransportResult(Connection? Connection, TransportFailure Failure, string Reason)
{
    /// <summary>It worked.</summary>
    public TransportResult(Connection connection)
        : this(connection, TransportFailure.None, string.Empty)
    {
    }

    /// <summary>It did not.</summary>
    public TransportResult(TransportFailure failure, string reason)
        : this(null, failure, reason)
    {
    }

    /// <summary>Whether it counts against the endpoint that it failed.</summary>
    public bool IsOfEndpoint => Failure is TransportFailure.Endpoint or TransportFailure.Timeout;

    /// <summary>The system's refusal to connect.</summary>
    public static TransportResult Of(IoError error) => new(
        error == IoError.TimedOut ? TransportFailure.Timeout : error.IsLocal ? TransportFailure.Gateway : TransportFailure.Endpoint,
        $"delayed connect error: {error}");
}
