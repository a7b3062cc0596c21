using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Net.Tls;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Tls;

/// <summary>
/// TLS towards endpoints, as a cluster has it (Envoy: <c>UpstreamTlsContext</c>). Immutable; each handshake takes the secrets that are in
/// force when it begins.
/// </summary>
public sealed class UpstreamTls
{
    /// <summary>The certificate that is shown to endpoints; null for none.</summary>
    internal CertificateChoice? Certificate { get; init; }

    /// <summary>Whether a key is written in the configuration itself instead of in a secret.</summary>
    internal bool HasInlineKey => Certificate is { Inline: not null };

    /// <summary>What is written in the configuration itself instead of in secrets.</summary>
    internal IEnumerable<RuntimeSecret> InlineSecrets => Certificate?.Inline is { } own ? [own, .. Rules.InlineSecrets] : Rules.InlineSecrets;

    /// <summary>The places of the secrets that it takes.</summary>
    internal IEnumerable<SecretSlot> Secrets => Certificate?.Slot is { } slot ? Rules.Slots.Append(slot) : Rules.Slots;

    /// <summary>How endpoints' certificates are verified.</summary>
    internal PeerRules Rules { get; init; } = new();

    /// <summary>The server name that is asked for (SNI); empty for none, or for the request's host with <see cref="UsesHostAsServerName"/>.</summary>
    public string ServerName { get; init; } = string.Empty;

    /// <summary>Whether the request's host is asked for (Envoy: <c>auto_sni</c>).</summary>
    public bool UsesHostAsServerName { get; init; }

    /// <summary>Whether the endpoint's certificate has to be for the request's host (Envoy: <c>auto_san_validation</c>).</summary>
    public bool VerifiesHost { get; init; }

    /// <summary>Versions, suites, protocols.</summary>
    internal TlsParameterSet Parameters { get; init; } = new();

    /// <summary>Whether the request's host is part of the handshake: then two hosts share no connection.</summary>
    public bool DependsOnHost => UsesHostAsServerName || VerifiesHost;

    /// <summary>The same with what the protocol options of the cluster add.</summary>
    internal UpstreamTls With(bool usesHost, bool verifiesHost) => new()
    {
        Certificate = Certificate,
        Rules = Rules,
        ServerName = ServerName,
        Parameters = Parameters,
        UsesHostAsServerName = usesHost,
        VerifiesHost = verifiesHost,
    };

    /// <summary>Makes the handshake. The connection is the callee's: when it fails it is closed, and counted.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="purpose">What it is for: the request's host and the protocol are part of the handshake.</param>
    /// <param name="stats">The cluster's counters.</param>
    /// <param name="timeoutMs">How long it may take.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    internal async ValueTask<TransportResult> HandshakeAsync(Connection connection, ConnectionPurpose purpose, TlsStats stats, long timeoutMs)
    {
        if (Certificate is { Current: null })
        {
            connection.Abort();
            stats.ConnectionError++;
            return new TransportResult(TransportFailure.Gateway, $"TLS_error: the client certificate {Certificate.Slot!.Name} is not known yet");
        }

        string? expectedName = VerifiesHost && purpose.Host.Length > 0 ? purpose.Host : null;
        var check = new PeerCheck(Rules, Rules.Trust, isRequired: Rules.IsVerifying, expectedName, isPeerServer: true);
        var tls = new TlsConnection(connection);
        bool isTimeout = false;
        var timer = new CallbackTimer(connection.Loop.Timers, () =>
        {
            isTimeout = true;
            connection.Abort();
        });
        timer.Start(timeoutMs);
        string? failure = await tls.ConnectAsync(OptionsOf(purpose.Host, check, ProtocolsFor(purpose.Protocol)));
        timer.Stop();
        if (failure is null)
        {
            TlsCounting.Count(stats, tls);
            return new TransportResult(tls);
        }

        tls.Close();
        if (isTimeout)
        {
            return new TransportResult(TransportFailure.Timeout, "TLS_error: the handshake took too long");
        }

        // What the endpoint shows, and whether it goes on at all, can depend on the name that it was asked for.
        bool isOfHost = check.Failure == PeerFailure.NotForHost || (UsesHostAsServerName && purpose.Host.Length > 0);
        TransportFailure whose = tls.HasFailedItself || check.Failure == PeerFailure.NotVerifiable ? TransportFailure.Gateway
            : isOfHost ? TransportFailure.Host
            : TransportFailure.Endpoint;
        if (check.Failure == PeerFailure.None)
        {
            stats.ConnectionError++;
            return new TransportResult(whose, $"TLS_error: {failure}");
        }

        TlsCounting.Count(stats, check.Failure);
        return new TransportResult(whose, $"TLS_error:CERTIFICATE_VERIFY_FAILED:verify cert failed: {check.Reason}");
    }

    /// <summary>Makes the handshake on a stream of the platform's, off the workers, for a health check. The stream is the callee's, also when it fails.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="protocols">The application protocols to offer instead of the cluster's; none for the cluster's.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="AuthenticationException">The endpoint, or its answer, is not what it should be.</exception>
    /// <exception cref="SecretNotKnownException">That cannot be told yet.</exception>
    internal async Task<Stream> HandshakeAsync(Stream stream, IReadOnlyList<SslApplicationProtocol> protocols, CancellationToken cancellation)
    {
        var tls = new SslStream(stream);
        PeerCheck? check = null;
        try
        {
            if (Certificate is { Current: null })
            {
                throw new SecretNotKnownException($"the client certificate {Certificate.Slot!.Name} is not known yet");
            }

            check = new PeerCheck(Rules, Rules.Trust, isRequired: Rules.IsVerifying, expectedName: null, isPeerServer: true);
            SslClientAuthenticationOptions options = OptionsOf(host: string.Empty, check, ProtocolsFor(UpstreamProtocol.Http1));
            options.ApplicationProtocols = protocols.Count > 0 ? [.. protocols] : options.ApplicationProtocols;
            await tls.AuthenticateAsClientAsync(options, cancellation);
            return tls;
        }
        catch (AuthenticationException) when (check?.Failure == PeerFailure.NotVerifiable)
        {
            await tls.DisposeAsync();
            throw new SecretNotKnownException(check.Reason);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    // RFC 7301: what is offered is what will be spoken, whatever the control plane lists.
    private List<SslApplicationProtocol> ProtocolsFor(UpstreamProtocol protocol) => protocol switch
    {
        UpstreamProtocol.Http2 => [SslApplicationProtocol.Http2],
        UpstreamProtocol.Negotiated => [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        _ => [.. Parameters.ApplicationProtocols.Where(static offered => offered != SslApplicationProtocol.Http2)],
    };

    private SslClientAuthenticationOptions OptionsOf(string host, PeerCheck check, List<SslApplicationProtocol> protocols) => new()
    {
        // An address is not a server name (RFC 6066, section 3); the platform leaves it out of the handshake.
        TargetHost = UsesHostAsServerName && host.Length > 0 ? host : ServerName,
        ClientCertificateContext = Certificate?.Current?.Context,
        EnabledSslProtocols = Parameters.Versions,
        CipherSuitesPolicy = Parameters.CipherSuites,
        ApplicationProtocols = protocols.Count > 0 ? protocols : null,
        AllowRenegotiation = false,
        CertificateChainPolicy = check.MakePolicy(),
        RemoteCertificateValidationCallback = check.Verify,

        // The platform keeps sessions by server name alone: one that was made where nothing is verified would be resumed where it is.
        AllowTlsResume = false,
    };
}
