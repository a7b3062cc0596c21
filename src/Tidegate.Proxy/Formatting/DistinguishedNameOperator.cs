using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>Whom a certificate names.</summary>
internal sealed class DistinguishedNameOperator(Func<HttpExchange, string?> read, int maxLength) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        if (read(exchange) is not { Length: > 0 } name)
        {
            return false;
        }

        output.DistinguishedName(name, maxLength);
        return true;
    }
}
