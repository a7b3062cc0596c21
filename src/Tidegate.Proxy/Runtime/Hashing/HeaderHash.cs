using System.IO.Hashing;
using System.Text;
using Tidegate.Http;
using Tidegate.Proxy.Routing;
using Tidegate.Rules.Expressions;

namespace Tidegate.Proxy.Runtime.Hashing;

/// <summary>
/// By a field's value (Envoy: <c>hash_policy.header</c>). Of a repeated field all values count, whatever their order.
/// </summary>
public sealed class HeaderHash : HashPolicy
{
    private readonly byte[] _name;
    private readonly string _lowerName;

    /// <summary>By a field.</summary>
    /// <param name="name">Its name, or <c>:path</c>, <c>:authority</c>, <c>:method</c>, <c>:scheme</c>.</param>
    public HeaderHash(string name)
    {
        _lowerName = name.ToLowerInvariant();
        _name = Encoding.ASCII.GetBytes(_lowerName);
    }

    /// <summary>How values are changed before; null when they are not (Envoy: <c>regex_rewrite</c>).</summary>
    public (Re2Pattern Pattern, Re2Substitution Substitution)? Rewrite { get; init; }

    /// <inheritdoc/>
    public override ulong? Compute(in HashSource source, ref List<byte[]>? setCookies)
    {
        RequestHead request = source.Request;
        switch (_lowerName)
        {
            case ":path":
                return Hash(request.Path, 0);
            case ":authority" or "host":
                return request.Authority.IsEmpty ? null : Hash(request.Authority, 0);
            case ":method":
                return Hash(request.MethodName, 0);
            case ":scheme":
                return request.Scheme.IsEmpty ? null : Hash(request.Scheme, 0);
        }

        int position = 0;
        if (!request.Headers.TryGetNext(_name, ref position, out ReadOnlySpan<byte> value))
        {
            return null;
        }

        int second = position;
        return request.Headers.TryGetNext(_name, ref second, out _) ? HashAll(request) : Hash(value, 0);
    }

    private ulong HashAll(RequestHead request)
    {
        List<byte[]> values = [];
        int position = 0;
        while (request.Headers.TryGetNext(_name, ref position, out ReadOnlySpan<byte> value))
        {
            values.Add(value.ToArray());
        }

        values.Sort(static (one, other) => one.AsSpan().SequenceCompareTo(other));
        ulong hash = 0;
        foreach (byte[] value in values)
        {
            hash = Hash(value, hash);
        }

        return hash;
    }

    private ulong Hash(ReadOnlySpan<byte> value, ulong seed)
    {
        if (Rewrite is not var (pattern, substitution))
        {
            return XxHash64.HashToUInt64(value, (long)seed);
        }

        var rewritten = new ByteBuilder(stackalloc byte[256]);
        pattern.ReplaceAll(value, substitution, ref rewritten);
        ulong hash = XxHash64.HashToUInt64(rewritten.Written, (long)seed);
        rewritten.Dispose();
        return hash;
    }
}
