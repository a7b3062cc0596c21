using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Net;
using Tidegate.Net.Tls;
using Tidegate.Proxy.Tls.Secrets;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tls;

/// <summary>
/// TLS towards clients, as a filter chain has it (Envoy: <c>DownstreamTlsContext</c>). Immutable; each handshake takes the secrets that are
/// in force when it begins.
/// </summary>
public sealed class DownstreamTls
{
    /// <summary>The certificates that may be shown; one at least.</summary>
    internal IReadOnlyList<CertificateChoice> Certificates { get; init; } = [];

    /// <summary>Whether a key is written in the configuration itself instead of in a secret.</summary>
    internal bool HasInlineKey => Certificates.Any(static choice => choice.Inline is not null);

    /// <summary>What is written in the configuration itself instead of in secrets.</summary>
    internal IEnumerable<RuntimeSecret> InlineSecrets => [.. Certificates.Select(static choice => choice.Inline).OfType<RuntimeSecret>(), .. Peers?.InlineSecrets ?? []];

    /// <summary>The places of the secrets that it takes.</summary>
    internal IEnumerable<SecretSlot> Secrets => Certificates.Select(static choice => choice.Slot).OfType<SecretSlot>().Concat(Peers?.Slots ?? []);

    /// <summary>The secrets that it goes by, whether they are known or not.</summary>
    internal IEnumerable<SecretSlot> Slots => Certificates.Select(static choice => choice.Slot).Append(Peers?.Slot).OfType<SecretSlot>();

    /// <summary>Whether it depends on the client which certificate is shown.</summary>
    public bool ChoosesCertificate => Certificates.Count > 1;

    /// <summary>How clients' certificates are verified; null when none are asked for.</summary>
    internal PeerRules? Peers { get; init; }

    /// <summary>Whether a client must have a certificate.</summary>
    public bool RequiresClientCertificate { get; init; }

    /// <summary>Versions, suites, protocols.</summary>
    internal TlsParameterSet Parameters { get; init; } = new();

    /// <summary>
    /// Makes the handshake with a client, on its worker. The connection is the callee's: when it fails it is closed, and counted.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="worker">The worker that owns it.</param>
    /// <param name="stats">Where it is counted.</param>
    /// <param name="servesHttp">Whether HTTP is spoken inside.</param>
    /// <param name="timeoutMs">How long the handshake may take; 0 for no limit.</param>
    /// <param name="traits">What is known of the client from its ClientHello; null when that was not read.</param>
    /// <returns>The session; null when the handshake failed.</returns>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    internal async ValueTask<DownstreamTlsSession?> HandshakeAsync(
        Connection connection, Worker worker, ListenerTlsStats stats, bool servesHttp, long timeoutMs, ConnectionTraits? traits)
    {
        // 1. Until the client says something, nothing is made for it but a timer.
        var clock = new HandshakeClock(worker, connection, timeoutMs);
        if (!await clock.WaitForClientAsync())
        {
            clock.Stop();
            return GiveUp(connection, clock, stats);
        }

        // 2. What it is to be made with.
        bool isOverload = worker.Memory.RefusesHandshakes;
        if (isOverload || CertificateFor(traits is { TakesEcdsa: true }) is not { } certificate || !worker.Handshakes.TryBegin())
        {
            clock.Stop();
            stats.Listener.DownstreamCxOverloadReject += isOverload ? 1 : 0;
            stats.Tls.ConnectionError++;
            connection.Abort();
            return null;
        }

        PeerCheck? check = Peers is null ? null : new PeerCheck(Peers, Peers.Trust, RequiresClientCertificate, expectedName: null, isPeerServer: false);
        var tls = new TlsConnection(connection) { MaxClientHelloBytes = worker.Options.MaxClientHelloBytes, MaxHandshakeBytes = worker.Options.MaxHandshakeBytes };
        string? failure = await tls.AcceptAsync(OptionsOf(certificate, check, traits, servesHttp));
        worker.Handshakes.End();
        clock.Stop();

        // 3. What came of it.
        if (failure is null && Parameters.CipherSuites is null && !CipherSuiteNames.IsDefault(tls.CipherSuite))
        {
            failure = "the client has no cipher suite that is taken";
        }

        if (failure is null)
        {
            TlsCounting.Count(stats.Tls, tls);
            stats.Tls.SessionReused += tls.IsResumed ? 1 : 0;
            stats.Tls.NoCertificate += check?.Certificate is null ? 1 : 0;

            return new DownstreamTlsSession(tls, check?.Certificate) { LocalSubject = certificate.Subject, LocalUris = certificate.Uris };
        }

        Count(check?.Failure ?? PeerFailure.None, clock, stats);
        tls.Close();
        return null;
    }

    private static DownstreamTlsSession? GiveUp(Connection connection, HandshakeClock clock, ListenerTlsStats stats)
    {
        Count(PeerFailure.None, clock, stats);
        connection.Close();
        return null;
    }

    private static void Count(PeerFailure failure, HandshakeClock clock, ListenerTlsStats stats)
    {
        switch (failure)
        {
            case not PeerFailure.None:
                TlsCounting.Count(stats.Tls, failure);
                break;
            default:
                if (clock.IsExpired)
                {
                    stats.Listener.DownstreamCxTransportSocketConnectTimeout++;
                }
                else
                {
                    stats.Tls.ConnectionError++;
                }

                break;
        }
    }

    // Keys of elliptic curves cost a tenth, so clients that take them get them; an RSA certificate is for every client.
    private CertificateSecret? CertificateFor(bool takesEcdsa)
    {
        CertificateSecret? first = null;
        foreach (CertificateChoice choice in Certificates)
        {
            CertificateSecret? current = choice.Current;
            if (current is not null && current.IsEcdsa == takesEcdsa)
            {
                return current;
            }

            first ??= current;
        }

        return first;
    }

    // Where bytes are passed on, whatever they are, a client whose protocol is not listed is served without one having been agreed on; where HTTP
    // is spoken it is refused (RFC 7301, section 3.2).
    private bool NegotiatesProtocol(ConnectionTraits? traits, bool servesHttp) =>
        Parameters.ApplicationProtocols.Count > 0
        && (servesHttp
            || traits is not { ApplicationProtocols.Count: > 0 }
            || Parameters.ApplicationProtocols.Any(ours => traits.ApplicationProtocols.Any(theirs => ours.Protocol.Span.SequenceEqual(Encoding.Latin1.GetBytes(theirs)))));

    private SslServerAuthenticationOptions OptionsOf(CertificateSecret certificate, PeerCheck? check, ConnectionTraits? traits, bool servesHttp)
    {
        bool offersCommonSuite = traits is null or { OffersCommonSuite: true };
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate.Context,
            EnabledSslProtocols = Parameters.Versions,
            CipherSuitesPolicy = Parameters.CipherSuites ?? (offersCommonSuite ? null : CipherSuiteNames.DefaultPolicy),
            ApplicationProtocols = NegotiatesProtocol(traits, servesHttp) ? [.. Parameters.ApplicationProtocols] : null,
            AllowRenegotiation = false,
            ClientCertificateRequired = check is not null,
            CertificateChainPolicy = check?.MakePolicy(),
            RemoteCertificateValidationCallback = check is null ? null : check.Verify,

            // The platform keeps sessions by certificate alone: one that was made where clients need no certificate, or another, would be
            // resumed where they need one (edge.md, T06).
            AllowTlsResume = check is null,
        };
        if (options is { AllowTlsResume: true, CipherSuitesPolicy: null })
        {
            certificate.Sessions.Join(options);
        }

        return options;
    }
}
