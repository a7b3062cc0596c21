using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Paths;
using Tidegate.Proxy.Filters.Jwt;

namespace Tidegate.Proxy.Filters.Credentials;

/// <summary>A place of a request where keys are looked for (Envoy: <c>KeySource</c>). Immutable.</summary>
internal abstract class ApiKeySource
{
    /// <summary>The longest key that is written with percent signs.</summary>
    public const int MaxDecodedBytes = 1024;

    /// <summary>The key that is there; empty for none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="scratch">Memory of <see cref="MaxDecodedBytes"/> for one that has to be decoded.</param>
    public abstract ReadOnlySpan<byte> Find(RequestHead request, Span<byte> scratch);

    /// <summary>Takes the key out of a request that goes on.</summary>
    public abstract void Remove(RequestHead request);
}

/// <summary>The first field of a name; what is behind <c>Bearer </c>, where it begins so.</summary>
internal sealed class ApiKeyHeader(string name) : ApiKeySource
{
    private readonly byte[] _name = Encoding.ASCII.GetBytes(name.ToLowerInvariant());

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Find(RequestHead request, Span<byte> scratch) =>
        !request.Headers.TryGet(_name, out ReadOnlySpan<byte> value) ? default
        : value.StartsWith("Bearer "u8) ? value["Bearer ".Length..]
        : value;

    /// <inheritdoc/>
    public override void Remove(RequestHead request) => request.Headers.Remove(_name);
}

/// <summary>The first parameter of a name, decoded.</summary>
internal sealed class ApiKeyParameter(string name) : ApiKeySource
{
    private readonly JwtParameterLocation _location = new(name);
    private readonly byte[] _name = Encoding.UTF8.GetBytes(name);

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Find(RequestHead request, Span<byte> scratch)
    {
        ReadOnlySpan<byte> query = request.Path[request.PathWithoutQuery.Length..];
        query = query.IsEmpty ? query : query[1..];
        while (!query.IsEmpty)
        {
            ReadOnlySpan<byte> parameter = QueryString.Next(ref query, out ReadOnlySpan<byte> found);
            if (!PercentEncoding.DecodedEquals(found, _name))
            {
                continue;
            }

            ReadOnlySpan<byte> value = QueryString.ValueOf(parameter, found);
            return !value.Contains((byte)'%') ? value
                : value.Length > scratch.Length ? default
                : scratch[..PercentEncoding.Decode(value, scratch)];
        }

        return default;
    }

    /// <inheritdoc/>
    public override void Remove(RequestHead request) => _location.Remove(request);
}

/// <summary>A cookie.</summary>
internal sealed class ApiKeyCookie(string name) : ApiKeySource
{
    private readonly byte[] _name = Encoding.UTF8.GetBytes(name);

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Find(RequestHead request, Span<byte> scratch) =>
        Cookies.TryFind(request.Headers, _name, out ReadOnlySpan<byte> value) ? value : default;

    /// <inheritdoc/>
    public override void Remove(RequestHead request)
    {
        // The others go on as one field.
        byte[] rest = System.Buffers.ArrayPool<byte>.Shared.Rent(request.MemoryBytes + 2);
        int length = 0;
        int position = 0;
        while (request.Headers.TryGetNext(KnownHeader.Cookie, ref position, out ReadOnlySpan<byte> line))
        {
            while (!line.IsEmpty)
            {
                int end = line.IndexOf((byte)';');
                ReadOnlySpan<byte> pair = (end < 0 ? line : line[..end]).Trim((byte)' ');
                line = end < 0 ? default : line[(end + 1)..];
                int equals = pair.IndexOf((byte)'=');
                if (pair.IsEmpty || (equals >= 0 && pair[..equals].SequenceEqual(_name)))
                {
                    continue;
                }

                if (length > 0)
                {
                    "; "u8.CopyTo(rest.AsSpan(length));
                    length += 2;
                }

                pair.CopyTo(rest.AsSpan(length));
                length += pair.Length;
            }
        }

        request.Headers.Remove(KnownHeader.Cookie);
        if (length > 0)
        {
            request.Headers.Add(KnownHeader.Cookie, rest.AsSpan(0, length));
        }

        System.Buffers.ArrayPool<byte>.Shared.Return(rest, clearArray: true);
    }
}
