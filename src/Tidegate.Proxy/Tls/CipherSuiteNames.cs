using System.Net.Security;

namespace Tidegate.Proxy.Tls;

/// <summary>The names of cipher suites that Envoy's configuration has, and the platform's names for the same (spec 1.6).</summary>
internal static class CipherSuiteNames
{
    private static readonly (string Name, TlsCipherSuite Suite)[] Known =
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
        ("ECDHE-RSA-AES128-GCM-SHA256", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
        ("ECDHE-RSA-AES256-GCM-SHA384", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
        ("ECDHE-RSA-CHACHA20-POLY1305", TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
        ("ECDHE-ECDSA-AES128-SHA", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA),
        ("ECDHE-RSA-AES128-SHA", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA),
        ("ECDHE-ECDSA-AES256-SHA", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA),
        ("ECDHE-RSA-AES256-SHA", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA),
        ("AES128-GCM-SHA256", TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256),
        ("AES256-GCM-SHA384", TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384),
        ("AES128-SHA", TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA),
        ("AES256-SHA", TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA),
        ("DES-CBC3-SHA", TlsCipherSuite.TLS_RSA_WITH_3DES_EDE_CBC_SHA),
    ];

    // TLS 1.3 has suites of its own, which no list in the configuration touches.
    private static readonly TlsCipherSuite[] Tls13 =
        [TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_AES_128_GCM_SHA256];

    // Where nothing is configured: ephemeral keys and authenticated encryption, nothing else (Envoy: TlsParameters.cipher_suites).
    private static readonly TlsCipherSuite[] Default =
    [
        .. Tls13,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ];

    /// <summary>
    /// The suites where none are configured, for clients that offer none of those which the platform prefers: it has a list of its own, which
    /// ends with suites of CBC and has no ChaCha20 for TLS 1.2.
    /// </summary>
#pragma warning disable CA1416 // the gateway runs on Linux
    public static CipherSuitesPolicy DefaultPolicy { get; } = new(Default);
#pragma warning restore CA1416

    /// <summary>Whether a suite is one of those that are taken where none are configured.</summary>
    public static bool IsDefault(TlsCipherSuite suite) => Array.IndexOf(Default, suite) >= 0;

    /// <summary>The name of a suite; for one of TLS 1.3, and for any that the configuration has no name for, the standard's.</summary>
    public static string NameOf(TlsCipherSuite suite)
    {
        foreach ((string name, TlsCipherSuite known) in Known)
        {
            if (known == suite)
            {
                return name;
            }
        }

        return suite.ToString();
    }

    /// <summary>
    /// Reads a list; a member may be a group of equals (<c>[A|B]</c>). Null with no list, and with one that asks for all; names that are
    /// not known are given back in <paramref name="unknown"/>.
    /// </summary>
    public static CipherSuitesPolicy? Policy(IEnumerable<string> names, List<string> unknown)
    {
        List<TlsCipherSuite> suites = [];
        foreach (string name in names.SelectMany(static member => member.Trim('[', ']').Split('|')))
        {
            if (name is "ALL" or "")
            {
                return null;
            }

            (string Name, TlsCipherSuite Suite) found = Array.Find(Known, known => known.Name == name);
            if (found.Name is null)
            {
                unknown.Add(name);
            }
            else
            {
                suites.Add(found.Suite);
            }
        }

#pragma warning disable CA1416 // the gateway runs on Linux
        return suites.Count == 0 ? null : new CipherSuitesPolicy([.. Tls13, .. suites]);
#pragma warning restore CA1416
    }
}
