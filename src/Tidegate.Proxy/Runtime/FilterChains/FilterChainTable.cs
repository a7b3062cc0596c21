using Envoy.Config.Listener.V3;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Runtime.FilterChains;

/// <summary>
/// Finds the filter chain of a connection as Envoy does: criterion by criterion in a fixed order, of each the most specific value
/// that any chain asks for, without a way back. Built once from the chains' matches; immutable after that.
/// </summary>
internal sealed class FilterChainTable
{
    private readonly MatchLevel _root = new();
    private readonly RuntimeFilterChain? _defaultChain;

    /// <summary>An empty table.</summary>
    /// <param name="defaultChain">What connections get that no chain fits; null when they are refused.</param>
    public FilterChainTable(RuntimeFilterChain? defaultChain) => _defaultChain = defaultChain;

    /// <summary>Whether a chain asks for what only a ClientHello tells: server name, transport or application protocol.</summary>
    public bool NeedsClientHello { get; private set; }

    /// <summary>Whether every connection gets the same chain, whatever it is.</summary>
    public bool IsConstant { get; private set; } = true;

    /// <summary>Adds a chain. False: some of the connections that it asks for are those of a chain that was added before, and stay so.</summary>
    public bool TryAdd(RuntimeFilterChain chain)
    {
        FilterChainMatch match = chain.Match ?? new FilterChainMatch();
        IsConstant &= match.Equals(new FilterChainMatch());
        NeedsClientHello |= match.ServerNames.Count > 0 || match.TransportProtocol.Length > 0 || match.ApplicationProtocols.Count > 0;
        return _root.TryAdd(match, chain, MatchCriterion.DestinationPort);
    }

    /// <summary>The chain of a connection; null when there is none.</summary>
    public RuntimeFilterChain? Find(ConnectionTraits connection) => Find(connection, connection.ServerName);

    /// <summary>The chain that a connection would get if its server name were this one, in lower case; null when there is none.</summary>
    public RuntimeFilterChain? Find(ConnectionTraits connection, string serverName) =>
        _root.Find(connection, serverName, MatchCriterion.DestinationPort) ?? _defaultChain;
}
