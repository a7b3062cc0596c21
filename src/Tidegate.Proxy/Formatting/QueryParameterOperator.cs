using System.Text;
using Tidegate.Http.Paths;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>The first value of a parameter of the query, decoded.</summary>
internal sealed class QueryParameterOperator(string name, int maxLength) : FormatOperator
{
    private const int MaxValueBytes = 1024;

    private readonly byte[] _name = Encoding.UTF8.GetBytes(name);

    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        ReadOnlySpan<byte> path = PathOperator.Read(exchange, string.Empty);
        int query = path.IndexOf((byte)'?');
        if (query < 0 || !QueryString.TryFind(path[(query + 1)..], _name, out ReadOnlySpan<byte> value) || value.IsEmpty)
        {
            return false;
        }

        Span<byte> decoded = stackalloc byte[MaxValueBytes];
        output.Value(decoded[..PercentEncoding.Decode(value[..Math.Min(value.Length, MaxValueBytes)], decoded)], maxLength);
        return true;
    }
}
