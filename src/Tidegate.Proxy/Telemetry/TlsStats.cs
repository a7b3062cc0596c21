namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy counts of TLS, under <c>listener.ADDRESS.ssl.</c> and <c>cluster.NAME.ssl.</c>; names and meaning are Envoy's.
/// Owned by one worker: only it writes, with plain increments; whoever samples reads racily and sums the workers.
/// </summary>
public sealed class TlsStats
{
    /// <summary><c>handshake</c>: Handshakes done.</summary>
    public long Handshake;

    /// <summary><c>connection_error</c>: Connections that failed other than by a certificate.</summary>
    public long ConnectionError;

    /// <summary><c>session_reused</c>: Sessions resumed. Those of endpoints never are.</summary>
    public long SessionReused;

    /// <summary><c>no_certificate</c>: Handshakes in which the client showed no certificate.</summary>
    public long NoCertificate;

    /// <summary><c>fail_verify_no_cert</c>: Connections that failed because the peer's certificate is missing.</summary>
    public long FailVerifyNoCert;

    /// <summary><c>fail_verify_error</c>: Connections that failed because the peer's certificate is not trusted.</summary>
    public long FailVerifyError;

    /// <summary><c>fail_verify_san</c>: Connections that failed because the peer's certificate has another name.</summary>
    public long FailVerifySan;

    /// <summary><c>fail_verify_cert_hash</c>: Connections that failed because the peer's certificate is not one of those that are listed.</summary>
    public long FailVerifyCertHash;

    /// <summary><c>ciphers.NAME</c>: Handshakes by the cipher suite that was agreed on.</summary>
    public readonly NamedCounters Ciphers = new();

    /// <summary><c>versions.NAME</c>: Handshakes by the version.</summary>
    public readonly NamedCounters Versions = new();

    /// <summary><c>curves.NAME</c>: Handshakes by the group of the keys.</summary>
    public readonly NamedCounters Curves = new();
}
