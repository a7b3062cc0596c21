using System.Text;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>Whose choice the host is that a request goes upstream with.</summary>
internal static class SentHost
{
    /// <summary>Whether the configuration's: the route writes it, or its virtual host is for that very host. Otherwise a client could have said any other.</summary>
    public static bool IsFixed(RoutedExchange exchange)
    {
        RuntimeRoute route = exchange.Route!;
        if (route.HostRewrite is { } rewrite)
        {
            return rewrite.Kind == HostRewriteKind.Literal;
        }

        ReadOnlySpan<byte> sent = AuthorityParts.WithoutPort(exchange.Request.Authority);
        foreach (string domain in route.VirtualHost.Domains)
        {
            if (Ascii.EqualsIgnoreCase(AuthorityParts.WithoutPort(Encoding.UTF8.GetBytes(domain)), sent))
            {
                return true;
            }
        }

        return false;
    }
}
