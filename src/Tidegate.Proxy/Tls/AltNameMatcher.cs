using System.Text;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Tls;

/// <summary>A condition on an alternative name of a peer's certificate (Envoy: <c>SubjectAltNameMatcher</c>).</summary>
/// <param name="Kind">Which kind of name; null for any.</param>
/// <param name="Value">The condition.</param>
/// <param name="ExactDnsName">For a DNS name that is to be met exactly: that name, which wildcards in certificates meet too; else null.</param>
internal sealed record AltNameMatcher(AltNameKind? Kind, ValueMatcher Value, string? ExactDnsName)
{
    /// <summary>Whether a name fits.</summary>
    public bool Matches(SubjectAltName name)
    {
        if (Kind is { } kind && kind != name.Kind)
        {
            return false;
        }

        return name.Kind == AltNameKind.Dns && ExactDnsName is not null
            ? DnsNameMatches(ExactDnsName, name.Text)
            : Value.Matches(Encoding.UTF8.GetBytes(name.Text));
    }

    /// <summary>Whether a host is meant by the DNS name of a certificate: equal, or one label under its wildcard (RFC 9525, section 6.3).</summary>
    public static bool DnsNameMatches(string host, string pattern)
    {
        if (string.Equals(host, pattern, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (!pattern.StartsWith("*.", StringComparison.Ordinal) || pattern.IndexOf('.', 2) < 0)
        {
            return false;
        }

        int dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && host.AsSpan(dot).Equals(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase);
    }
}
