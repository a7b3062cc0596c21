using System.Collections.Frozen;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>The cipher suites that a server may list; others are left out in silence, as in Istio (spec 1.6).</summary>
internal static class CipherSuites
{
    private static readonly FrozenSet<string> Known = FrozenSet.Create(
        "",
        "ALL",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
        "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-RSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-SHA",
        "ECDHE-RSA-AES256-SHA",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
        "AES128-SHA",
        "AES256-SHA",
        "DES-CBC3-SHA");

    /// <summary>Whether it is a known suite, or an expression such as <c>[A|B]</c> or <c>!X</c>.</summary>
    public static bool IsAccepted(string name) => Known.Contains(name) || !char.IsAsciiLetterOrDigit(name[0]);
}
