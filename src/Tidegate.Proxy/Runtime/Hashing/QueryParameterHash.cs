using System.IO.Hashing;
using System.Text;
using Tidegate.Http.Paths;

namespace Tidegate.Proxy.Runtime.Hashing;

/// <summary>By the first value of a query parameter, raw as it came (Envoy: <c>hash_policy.query_parameter</c>).</summary>
public sealed class QueryParameterHash(string name) : HashPolicy
{
    private readonly byte[] _name = Encoding.UTF8.GetBytes(name);

    /// <inheritdoc/>
    public override ulong? Compute(in HashSource source, ref List<byte[]>? setCookies)
    {
        ReadOnlySpan<byte> path = source.Request.Path;
        int query = path.IndexOf((byte)'?');
        return query >= 0 && QueryString.TryFind(path[(query + 1)..], _name, out ReadOnlySpan<byte> value)
            ? XxHash64.HashToUInt64(value)
            : null;
    }
}
