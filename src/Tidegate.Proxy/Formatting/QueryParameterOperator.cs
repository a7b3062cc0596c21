using System.Globalization;
using System.Text;
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
        ReadOnlySpan<byte> rest = query < 0 ? default : path[(query + 1)..];
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'&');
            ReadOnlySpan<byte> parameter = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            int equals = parameter.IndexOf((byte)'=');
            if (!(equals < 0 ? parameter : parameter[..equals]).SequenceEqual(_name))
            {
                continue;
            }

            ReadOnlySpan<byte> value = equals < 0 ? default : parameter[(equals + 1)..];
            if (value.IsEmpty)
            {
                return false;
            }

            Span<byte> decoded = stackalloc byte[MaxValueBytes];
            output.Value(decoded[..Decode(value[..Math.Min(value.Length, MaxValueBytes)], decoded)], maxLength);
            return true;
        }

        return false;
    }

    private static int Decode(ReadOnlySpan<byte> value, Span<byte> decoded)
    {
        int length = 0;
        for (int i = 0; i < value.Length; i++)
        {
            bool isEscape = value[i] == (byte)'%' && i + 2 < value.Length;
            if (isEscape && byte.TryParse(value.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out decoded[length]))
            {
                i += 2;
            }
            else
            {
                decoded[length] = value[i];
            }

            length++;
        }

        return length;
    }
}
