using System.Text;
using SetDetails = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Types.SetCurrentClientCertDetails;

namespace Tidegate.Proxy.Tls;

/// <summary>What upstreams are told of a client's certificate: an element of <c>x-forwarded-client-cert</c> (edge.md, X05).</summary>
internal static class ForwardedCertificate
{
    /// <summary>The field's value for a certificate, in Envoy's order.</summary>
    public static byte[] Write(PeerCertificate peer, IReadOnlyList<string> localUris, SetDetails? wanted)
    {
        var value = new StringBuilder();
        foreach (string uri in localUris)
        {
            Append(value, "By", uri);
        }

        Append(value, "Hash", peer.Sha256);
        if (wanted?.Cert == true)
        {
            AppendQuoted(value, "Cert", peer.UrlEncodedPem);
        }

        if (wanted?.Subject == true)
        {
            AppendQuoted(value, "Subject", peer.Subject);
        }

        AppendNames(value, "URI", peer, AltNameKind.Uri, wanted?.Uri == true);
        AppendNames(value, "DNS", peer, AltNameKind.Dns, wanted?.Dns == true);
        return Encoding.UTF8.GetBytes(value.ToString());
    }

    private static void AppendNames(StringBuilder value, string key, PeerCertificate peer, AltNameKind kind, bool isWanted)
    {
        if (!isWanted)
        {
            return;
        }

        bool hasAny = false;
        foreach (SubjectAltName name in peer.Names)
        {
            if (name.Kind == kind)
            {
                hasAny = true;
                Append(value, key, name.Text);
            }
        }

        // Envoy says also that there is no URI; of DNS names it says nothing then.
        if (!hasAny && kind == AltNameKind.Uri)
        {
            Append(value, key, string.Empty);
        }
    }

    // A name is the client's choice as far as its authority lets it: what would end the value or the field is quoted or left out.
    private static void Append(StringBuilder value, string key, string text)
    {
        if (text.AsSpan().IndexOfAny(";,=\"\\") >= 0)
        {
            AppendQuoted(value, key, text);
            return;
        }

        Separate(value).Append(key).Append('=');
        AppendVisible(value, text, isQuoted: false);
    }

    private static void AppendQuoted(StringBuilder value, string key, string text)
    {
        Separate(value).Append(key).Append("=\"");
        AppendVisible(value, text, isQuoted: true);
        value.Append('"');
    }

    private static void AppendVisible(StringBuilder value, string text, bool isQuoted)
    {
        foreach (char c in text)
        {
            if (isQuoted && c is '"' or '\\')
            {
                value.Append('\\');
            }

            value.Append(char.IsControl(c) ? '?' : c);
        }
    }

    private static StringBuilder Separate(StringBuilder value) => value.Length > 0 ? value.Append(';') : value;
}
