using System.Text;
using Tidegate.Http.Paths;
using Tidegate.Net;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Routing.Metadata;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>What makes one entry of the descriptor that a request is limited by (Envoy: <c>RateLimit.Action</c>). Immutable; shared by all workers.</summary>
internal abstract class RateLimitAction
{
    /// <summary>Appends the entry, or nothing. False: there is no descriptor of this request.</summary>
    public abstract bool TryAppend(HttpExchange exchange, ref ByteBuilder entries);
}

/// <summary>An entry that is the same for all requests; null for none (Envoy: <c>generic_key</c>, <c>source_cluster</c>, <c>metadata</c> of routes).</summary>
internal sealed class ConstantAction(byte[]? entry) : RateLimitAction
{
    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries)
    {
        entries.Append(entry);
        return true;
    }
}

/// <summary>No descriptor at all: what it is made of is never there.</summary>
internal sealed class AbsentAction : RateLimitAction
{
    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries) => false;
}

/// <summary>The cluster that the request goes to.</summary>
internal sealed class DestinationClusterAction : RateLimitAction
{
    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries)
    {
        var name = new ByteBuilder(stackalloc byte[256]);
        name.AppendUtf8(exchange.ClusterName ?? string.Empty);
        DescriptorEntries.Append(ref entries, "destination_cluster"u8, name.Written);
        name.Dispose();
        return true;
    }
}

/// <summary>A field of the request, several lines of it joined.</summary>
internal sealed class RequestHeaderAction(string header, string key, bool skipsAbsent) : RateLimitAction
{
    private readonly HeaderName _header = new(header);
    private readonly byte[] _name = Encoding.UTF8.GetBytes(header.ToLowerInvariant());
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);

    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries)
    {
        ReadOnlySpan<byte> first = _header.Of(exchange);
        if (first.IsEmpty)
        {
            return skipsAbsent;
        }

        if (_name[0] == (byte)':' || exchange.Request.Headers.CountOf(_name) < 2)
        {
            DescriptorEntries.Append(ref entries, _key, first);
            return true;
        }

        var joined = new ByteBuilder(stackalloc byte[512]);
        int position = 0;
        while (exchange.Request.Headers.TryGetNext(_name, ref position, out ReadOnlySpan<byte> value))
        {
            joined.Append(joined.Length > 0 ? ","u8 : default);
            joined.Append(value);
        }

        DescriptorEntries.Append(ref entries, _key, joined.Written);
        joined.Dispose();
        return true;
    }
}

/// <summary>The client's address as far as it is trusted.</summary>
internal sealed class RemoteAddressAction : RateLimitAction
{
    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries)
    {
        Span<byte> text = stackalloc byte[NetAddress.MaxTextLength];
        int length = exchange.DownstreamRemoteAddress.TryFormat(text, withPort: false);
        if (length <= 0)
        {
            return false;
        }

        DescriptorEntries.Append(ref entries, "remote_address"u8, text[..length]);
        return true;
    }
}

/// <summary>The network that the client's address is in: <c>192.0.2.0/24</c>.</summary>
/// <param name="bits4">How many bits of an IPv4 address count.</param>
/// <param name="bits6">How many of an IPv6 address.</param>
internal sealed class MaskedAddressAction(int bits4, int bits6) : RateLimitAction
{
    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries)
    {
        NetAddress address = exchange.DownstreamRemoteAddress;
        int bits = address.IsIPv4 ? bits4 : bits6;
        Span<byte> text = stackalloc byte[NetAddress.MaxTextLength + 4];
        int length = address.Prefix(bits).TryFormat(text, withPort: false);
        if (length <= 0)
        {
            return false;
        }

        text[length++] = (byte)'/';
        bits.TryFormat(text[length..], out int digits, default, null);
        DescriptorEntries.Append(ref entries, "masked_remote_address"u8, text[..(length + digits)]);
        return true;
    }
}

/// <summary>A parameter of the query, decoded; the first of several (Envoy: <c>query_parameters</c>).</summary>
internal sealed class QueryParameterAction(string parameter, string key, bool skipsAbsent) : RateLimitAction
{
    private readonly byte[] _parameter = Encoding.UTF8.GetBytes(parameter);
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);

    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries)
    {
        ReadOnlySpan<byte> query = new RouteRequest(exchange.Request, exchange.IsDownstreamTls, 0).Query;
        while (!query.IsEmpty)
        {
            ReadOnlySpan<byte> found = QueryString.Next(ref query, out ReadOnlySpan<byte> name);
            if (PercentEncoding.DecodedEquals(name, _parameter))
            {
                ReadOnlySpan<byte> value = QueryString.ValueOf(found, name);
                var decoded = new ByteBuilder(stackalloc byte[256]);
                decoded.Advance(PercentEncoding.Decode(value, decoded.GetSpan(value.Length)));
                DescriptorEntries.Append(ref entries, _key, decoded.Written);
                decoded.Dispose();
                return true;
            }
        }

        return skipsAbsent;
    }
}

/// <summary>A text that filters have noted of the request (Envoy: <c>metadata</c> of source DYNAMIC, <c>dynamic_metadata</c>).</summary>
/// <param name="path">Where it stands.</param>
/// <param name="key">The entry's key.</param>
/// <param name="otherwise">The value where there is none; empty for no such value.</param>
/// <param name="skipsAbsent">Whether there is a descriptor without it.</param>
internal sealed class MetadataAction(MetadataPath path, string key, string otherwise, bool skipsAbsent) : RateLimitAction
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);
    private readonly byte[] _otherwise = Encoding.UTF8.GetBytes(otherwise);

    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries)
    {
        ReadOnlySpan<byte> value = path.Find(exchange.DynamicMetadata) is { Kind: MetadataKind.Text, Text.IsEmpty: false } noted ? noted.Text : _otherwise;
        if (value.IsEmpty)
        {
            return skipsAbsent;
        }

        DescriptorEntries.Append(ref entries, _key, value);
        return true;
    }
}

/// <summary>An entry for requests whose fields meet conditions, or do not.</summary>
internal sealed class HeaderMatchAction(byte[] entry, bool expectsMatch, HeaderMatcher[] headers) : RateLimitAction
{
    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries)
    {
        var request = new RouteRequest(exchange.Request, exchange.IsDownstreamTls, 0);
        bool matches = true;
        foreach (HeaderMatcher header in headers)
        {
            matches &= header.Matches(request);
        }

        if (matches != expectsMatch)
        {
            return false;
        }

        entries.Append(entry);
        return true;
    }
}

/// <summary>An entry for requests whose query meets conditions, or does not.</summary>
internal sealed class QueryMatchAction(byte[] entry, bool expectsMatch, QueryParameterMatcher[] parameters) : RateLimitAction
{
    public override bool TryAppend(HttpExchange exchange, ref ByteBuilder entries)
    {
        var request = new RouteRequest(exchange.Request, exchange.IsDownstreamTls, 0);
        bool matches = true;
        foreach (QueryParameterMatcher parameter in parameters)
        {
            matches &= parameter.Matches(request.Query);
        }

        if (matches != expectsMatch)
        {
            return false;
        }

        entries.Append(entry);
        return true;
    }
}
