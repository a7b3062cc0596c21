using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>The first of some operators that has a value (Envoy: <c>COALESCE</c>).</summary>
internal sealed class CoalesceOperator(FormatOperator[] operators) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        foreach (FormatOperator one in operators)
        {
            if (one.TryWrite(exchange, ref output))
            {
                return true;
            }
        }

        return false;
    }
}
