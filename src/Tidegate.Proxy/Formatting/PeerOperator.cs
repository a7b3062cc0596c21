using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Formatting;

/// <summary>What the client's certificate says.</summary>
internal sealed class PeerOperator(Func<PeerCertificate, string> read, int maxLength) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        if (exchange.DownstreamTls?.Peer is not { } peer || read(peer) is not { Length: > 0 } value)
        {
            return false;
        }

        output.Value(value, maxLength);
        return true;
    }
}
