using Tidegate.Http.Headers;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using ForwardDetails = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Types.ForwardClientCertDetails;

namespace Tidegate.Proxy.HeaderPolicy;

/// <summary>
/// What upstreams are told of the client's certificate (<c>x-forwarded-client-cert</c>; edge.md, X05). Only a certificate that was verified
/// counts as one.
/// </summary>
internal static class ClientCertificatePolicy
{
    /// <summary>Keeps, removes or sets the field.</summary>
    public static void Apply(HeaderMap headers, HttpExchange exchange, RuntimeHttpConnectionManager manager)
    {
        ForwardDetails mode = manager.ForwardClientCert;
        if (mode == ForwardDetails.AlwaysForwardOnly)
        {
            return;
        }

        if (mode == ForwardDetails.Sanitize || exchange.DownstreamTls is not { Peer.IsVerified: true } session)
        {
            headers.Remove(KnownHeader.XForwardedClientCert);
            return;
        }

        if (mode == ForwardDetails.ForwardOnly)
        {
            return;
        }

        byte[] details = session.ForwardedDetails(manager.Source.SetCurrentClientCertDetails);
        if (mode == ForwardDetails.AppendForward)
        {
            FieldList.Append(headers, KnownHeader.XForwardedClientCert, details);
        }
        else
        {
            headers.Set(KnownHeader.XForwardedClientCert, details);
        }
    }
}
