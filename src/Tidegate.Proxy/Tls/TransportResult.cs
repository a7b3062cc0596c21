using Tidegate.Net;

namespace Tidegate.Proxy.Tls;

/// <summary>What came of connecting to an endpoint, TLS included: a connection, or why there is none.</summary>
/// <param name="Connection">The connection, inside of TLS where the cluster has that; null when it failed.</param>
/// <param name="Failure">Why it failed, for the access log (<c>UPSTREAM_TRANSPORT_FAILURE_REASON</c>); empty when it did not.</param>
/// <param name="IsTimeout">Whether it took too long.</param>
internal readonly record struct TransportResult(Connection? Connection, string Failure, bool IsTimeout);
