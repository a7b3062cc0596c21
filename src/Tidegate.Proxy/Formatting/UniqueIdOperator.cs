using System.Buffers.Text;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>An id of its own for each exchange (Envoy: <c>UNIQUE_ID</c>).</summary>
internal sealed class UniqueIdOperator : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        Span<byte> text = stackalloc byte[36];
        Utf8Formatter.TryFormat(exchange.UniqueId, text, out int length);
        output.Literal(text[..length]);
        return true;
    }
}
