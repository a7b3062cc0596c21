using System.Text;
using Envoy.Config.Core.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>A value of the metadata of a route, a cluster or an endpoint, by its path; an object or a list as JSON.</summary>
internal sealed class MetadataOperator(Func<HttpExchange, Metadata?> read, IReadOnlyList<string> path, int maxLength) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        if (Find(exchange) is not { } value)
        {
            return false;
        }

        output.Value(value.KindCase == Value.KindOneofCase.StringValue ? value.StringValue : JsonFormatter.Default.Format(value), maxLength);
        return true;
    }

    public override bool TryWriteJson(HttpExchange exchange, ref FormatOutput output)
    {
        if (maxLength != int.MaxValue || Find(exchange) is not { KindCase: not Value.KindOneofCase.StringValue } value)
        {
            return base.TryWriteJson(exchange, ref output);
        }

        output.Literal(Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(value)));
        return true;
    }

    private Value? Find(HttpExchange exchange)
    {
        if (read(exchange) is not { } metadata || !metadata.FilterMetadata.TryGetValue(path[0], out Struct? fields))
        {
            return null;
        }

        Value value = Value.ForStruct(fields);
        for (int i = 1; i < path.Count; i++)
        {
            if (value.KindCase != Value.KindOneofCase.StructValue || !value.StructValue.Fields.TryGetValue(path[i], out value!))
            {
                return null;
            }
        }

        return value.KindCase is Value.KindOneofCase.NullValue or Value.KindOneofCase.None ? null : value;
    }
}
