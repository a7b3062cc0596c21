using System.Globalization;
using System.Security.Authentication;
using Tidegate.Net.Tls;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Tls;

/// <summary>Counts what came of handshakes, in Envoy's names.</summary>
internal static class TlsCounting
{
    /// <summary>A handshake is done.</summary>
    public static void Count(TlsStats stats, TlsConnection connection)
    {
        stats.Handshake++;
        stats.Ciphers.Count(CipherSuiteNames.NameOf(connection.CipherSuite));
        stats.Versions.Count(NameOf(connection.Version));
        if (connection.Group != 0)
        {
            stats.Curves.Count(NameOf(connection.Group));
        }
    }

    /// <summary>A peer's certificate was refused.</summary>
    public static void Count(TlsStats stats, PeerFailure failure)
    {
        switch (failure)
        {
            case PeerFailure.NoCertificate:
                stats.FailVerifyNoCert++;
                break;
            case PeerFailure.OtherName or PeerFailure.NotForHost:
                stats.FailVerifySan++;
                break;
            case PeerFailure.OtherHash:
                stats.FailVerifyCertHash++;
                break;
            case PeerFailure.Untrusted or PeerFailure.NotVerifiable:
                stats.FailVerifyError++;
                break;
        }
    }

    private static string NameOf(SslProtocols version) => version switch
    {
        SslProtocols.Tls12 => "TLSv1.2",
        SslProtocols.Tls13 => "TLSv1.3",
        _ => "unknown",
    };

    // The IANA registry of supported groups, in the names of Envoy's TLS library.
    private static string NameOf(ushort group) => group switch
    {
        0x0017 => "P-256",
        0x0018 => "P-384",
        0x0019 => "P-521",
        0x001D => "X25519",
        0x001E => "X448",
        0x11EC => "X25519MLKEM768",
        _ => group.ToString("x4", CultureInfo.InvariantCulture),
    };
}

/// <summary>What a handshake with a client counts in.</summary>
/// <param name="Listener">The listener's counters.</param>
/// <param name="Tls">The same of its TLS.</param>
internal readonly record struct ListenerTlsStats(ListenerStats Listener, TlsStats Tls);
