using System.Text;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Runtime.FilterChains;

/// <summary>
/// Whether requests inside of a TLS connection are for hosts that another filter chain of the listener serves (RFC 9110, section 15.5.20;
/// edge.md, T04, T05): that one may ask for a client certificate which this connection has not shown. One per connection; the last host that
/// was looked up is remembered, so that a client that stays with its host costs a comparison.
/// </summary>
/// <param name="connection">The connection, as its chain was chosen by.</param>
internal sealed class Misdirection(ConnectionTraits connection)
{
    private FilterChainTable? _table;
    private string _host = string.Empty;
    private RuntimeFilterChain? _found;

    /// <summary>
    /// Whether a new connection with the request's host as its server name would get another chain. A host that would get none is not
    /// misdirected: routing finds out that there is nothing for it.
    /// </summary>
    /// <param name="table">The chains of the listener.</param>
    /// <param name="chain">The one that serves the connection.</param>
    /// <param name="authority">The request's authority, with or without a port.</param>
    public bool Covers(FilterChainTable table, RuntimeFilterChain chain, ReadOnlySpan<byte> authority)
    {
        ReadOnlySpan<byte> host = AuthorityParts.WithoutPort(authority);
        if (host is [.., (byte)'.'])
        {
            host = host[..^1];
        }

        if (!table.NeedsClientHello || host.IsEmpty || Ascii.EqualsIgnoreCase(host, connection.ServerName))
        {
            return false;
        }

        if (table != _table || !Ascii.EqualsIgnoreCase(host, _host))
        {
            _host = Encoding.Latin1.GetString(host).ToLowerInvariant();
            _table = table;
            _found = table.Find(connection, _host);
        }

        return _found is not null && _found != chain;
    }
}
