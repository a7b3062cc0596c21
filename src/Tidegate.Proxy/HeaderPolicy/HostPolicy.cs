using Tidegate.Http;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.HeaderPolicy;

/// <summary>
/// What is cut off a request's host before anything is chosen by it, and before it goes upstream (Envoy: <c>strip_trailing_host_dot</c>,
/// <c>strip_matching_host_port</c>, <c>strip_any_host_port</c>).
/// </summary>
internal static class HostPolicy
{
    /// <summary>Cuts off what the listener asks for: the dot first, as in Envoy.</summary>
    public static void Apply(HttpExchange exchange, RuntimeHttpConnectionManager manager)
    {
        if (manager.StripsTrailingHostDot)
        {
            StripDot(exchange.Request);
        }

        if (manager.HostPortStripping != HostPortStripping.None)
        {
            StripPort(exchange.Request, manager.HostPortStripping, exchange.DownstreamLocalAddress.Port);
        }
    }

    private static void StripDot(RequestHead request)
    {
        ReadOnlySpan<byte> name = AuthorityParts.WithoutPort(request.Authority);
        if (name.Length < 2 || name[^1] != (byte)'.')
        {
            return;
        }

        var host = new ByteBuilder(stackalloc byte[256]);
        host.Append(name[..^1]);
        host.Append(request.Authority[name.Length..]);
        request.SetAuthority(host.Written);
        host.Dispose();
    }

    private static void StripPort(RequestHead request, HostPortStripping stripping, int listenerPort)
    {
        // The target of a CONNECT is host and port, and means nothing without.
        ReadOnlySpan<byte> name = AuthorityParts.WithoutPort(request.Authority);
        if (name.Length == request.Authority.Length || request.Method == KnownMethod.Connect)
        {
            return;
        }

        ReadOnlySpan<byte> port = request.Authority[(name.Length + 1)..];
        if (stripping == HostPortStripping.Any
            || (System.Buffers.Text.Utf8Parser.TryParse(port, out int number, out int read) && read == port.Length && number == listenerPort))
        {
            request.SetAuthority(name);
        }
    }
}
