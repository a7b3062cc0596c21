using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>The path of the request, or a part of it (Envoy: <c>PATH</c>, <c>QUERY_PARAMS</c>).</summary>
/// <param name="part">Which part.</param>
/// <param name="source"><c>ORIG</c> for the path before a rewrite alone, <c>PATH</c> for the one that went upstream, else the former where there is one.</param>
/// <param name="maxLength">The number of bytes that it is cut to.</param>
internal sealed class PathOperator(PathPart part, string source, int maxLength) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        ReadOnlySpan<byte> path = Read(exchange, source);
        int query = path.IndexOf((byte)'?');
        path = part switch
        {
            PathPart.WithoutQuery => query < 0 ? path : path[..query],
            PathPart.Query => query < 0 ? default : path[(query + 1)..],
            _ => path,
        };
        if (path.IsEmpty)
        {
            return false;
        }

        output.Value(path, maxLength);
        return true;
    }

    /// <summary>The path of a request with its query; empty for none.</summary>
    internal static ReadOnlySpan<byte> Read(HttpExchange exchange, string source)
    {
        ReadOnlySpan<byte> original = default;
        if (source != "PATH" && exchange.Request.Headers.TryGet("x-envoy-original-path"u8, out ReadOnlySpan<byte> before))
        {
            original = before;
        }

        return !original.IsEmpty || source == "ORIG" || !exchange.HasRequestHead ? original : exchange.Request.Path;
    }
}

/// <summary>Which part of a path is written.</summary>
internal enum PathPart : byte
{
    /// <summary>Path and query.</summary>
    All,

    /// <summary>The path alone.</summary>
    WithoutQuery,

    /// <summary>The query alone.</summary>
    Query,
}
