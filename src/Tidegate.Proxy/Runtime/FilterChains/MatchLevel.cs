using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Google.Protobuf.Collections;
using Tidegate.Net;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Runtime.FilterChains;

/// <summary>What filter chains are chosen by, in the order in which Envoy looks at it (<c>FilterChainMatch</c>).</summary>
internal enum MatchCriterion : byte
{
    /// <summary><c>destination_port</c>.</summary>
    DestinationPort,

    /// <summary><c>prefix_ranges</c>: the address that the client connected to.</summary>
    DestinationAddress,

    /// <summary><c>server_names</c>.</summary>
    ServerName,

    /// <summary><c>transport_protocol</c>.</summary>
    TransportProtocol,

    /// <summary><c>application_protocols</c>.</summary>
    ApplicationProtocol,

    /// <summary><c>source_prefix_ranges</c>.</summary>
    SourceAddress,

    /// <summary><c>source_ports</c>.</summary>
    SourcePort,

    /// <summary>Nothing is left: this is the chain.</summary>
    None,
}

/// <summary>
/// One node of the tree of a <see cref="FilterChainTable"/>: the values of one criterion, each with the node of the next. Which
/// criterion it is follows from its depth. Values of other kinds than the criterion's stay unused.
/// </summary>
internal sealed class MatchLevel
{
    // A longer name is none (RFC 1035, section 2.3.4).
    private const int MaxNameLength = 255;

    private Dictionary<string, MatchLevel>? _byText;
    private Dictionary<int, MatchLevel>? _byPort;
    private List<AddressRange>? _byAddress;
    private MatchLevel? _any;
    private RuntimeFilterChain? _chain;

    /// <summary>Adds a chain below this node, once for each combination of what it asks for that is not taken. False when one of them is.</summary>
    public bool TryAdd(FilterChainMatch match, RuntimeFilterChain chain, MatchCriterion criterion)
    {
        MatchCriterion next = criterion + 1;
        switch (criterion)
        {
            case MatchCriterion.DestinationPort:
                return (match.DestinationPort is { } port ? OfPort((int)port) : Any()).TryAdd(match, chain, next);
            case MatchCriterion.DestinationAddress:
                return TryAddAddresses(match.PrefixRanges, match, chain, next);
            case MatchCriterion.ServerName:
                return TryAddTexts(match.ServerNames.Select(static name => name.ToLowerInvariant()), match, chain, next);
            case MatchCriterion.TransportProtocol:
                return (match.TransportProtocol.Length > 0 ? OfText(match.TransportProtocol) : Any()).TryAdd(match, chain, next);
            case MatchCriterion.ApplicationProtocol:
                return TryAddTexts(match.ApplicationProtocols, match, chain, next);
            case MatchCriterion.SourceAddress:
                return TryAddAddresses(match.SourcePrefixRanges, match, chain, next);
            case MatchCriterion.SourcePort when match.SourcePorts.Count > 0:
                return AddAll(match.SourcePorts.Distinct(), source => OfPort((int)source).TryAdd(match, chain, next));
            case MatchCriterion.SourcePort:
                return Any().TryAdd(match, chain, next);
            default:
                bool isFree = _chain is null;
                _chain ??= chain;
                return isFree;
        }
    }

    /// <summary>The chain below this node that fits; null when none does.</summary>
    public RuntimeFilterChain? Find(ConnectionTraits connection, string serverName, MatchCriterion criterion)
    {
        MatchLevel? level = this;
        for (; criterion != MatchCriterion.None && level is not null; criterion++)
        {
            level = criterion switch
            {
                MatchCriterion.DestinationPort => level.ByPort(connection.LocalAddress.Port),
                MatchCriterion.DestinationAddress => level.ByAddress(connection.LocalAddress),
                MatchCriterion.ServerName => level.ByName(serverName),
                MatchCriterion.TransportProtocol => level.ByText(connection.IsTls ? "tls" : "raw_buffer"),
                MatchCriterion.ApplicationProtocol => level.ByFirstText(connection.ApplicationProtocols),
                MatchCriterion.SourceAddress => level.ByAddress(connection.RemoteAddress),
                _ => level.ByPort(connection.RemoteAddress.Port),
            };
        }

        return level?._chain;
    }

    private bool TryAddTexts(IEnumerable<string> texts, FilterChainMatch match, RuntimeFilterChain chain, MatchCriterion next)
    {
        string[] distinct = [.. texts.Distinct()];
        return distinct.Length == 0 ? Any().TryAdd(match, chain, next) : AddAll(distinct, text => OfText(text).TryAdd(match, chain, next));
    }

    private bool TryAddAddresses(RepeatedField<CidrRange> ranges, FilterChainMatch match, RuntimeFilterChain chain, MatchCriterion next) =>
        ranges.Count == 0
            ? Any().TryAdd(match, chain, next)
            : AddAll(ranges.Select(AddressPrefix.Of).Distinct(), prefix => OfAddress(prefix).TryAdd(match, chain, next));

    // Each of them, also behind one that is taken.
    private static bool AddAll<T>(IEnumerable<T> values, Func<T, bool> add) => values.Aggregate(true, (areFree, value) => add(value) && areFree);

    private MatchLevel Any() => _any ??= new MatchLevel();

    private MatchLevel OfText(string text)
    {
        _byText ??= [];
        if (!_byText.TryGetValue(text, out MatchLevel? level))
        {
            _byText.Add(text, level = new MatchLevel());
        }

        return level;
    }

    private MatchLevel OfPort(int port)
    {
        _byPort ??= [];
        if (!_byPort.TryGetValue(port, out MatchLevel? level))
        {
            _byPort.Add(port, level = new MatchLevel());
        }

        return level;
    }

    private MatchLevel OfAddress(AddressPrefix prefix)
    {
        _byAddress ??= [];
        int index = _byAddress.FindIndex(range => range.Prefix == prefix);
        if (index >= 0)
        {
            return _byAddress[index].Level;
        }

        // The longest first, so that the first that holds is the most specific.
        var added = new AddressRange(prefix, new MatchLevel());
        int place = _byAddress.FindIndex(range => range.Prefix.Length < prefix.Length);
        _byAddress.Insert(place < 0 ? _byAddress.Count : place, added);
        return added.Level;
    }

    private MatchLevel? ByPort(int port) => _byPort is not null && _byPort.TryGetValue(port, out MatchLevel? level) ? level : _any;

    private MatchLevel? ByText(string text) => _byText is not null && _byText.TryGetValue(text, out MatchLevel? level) ? level : _any;

    private MatchLevel? ByFirstText(IReadOnlyList<string> texts)
    {
        for (int i = 0; i < texts.Count && _byText is not null; i++)
        {
            if (_byText.TryGetValue(texts[i], out MatchLevel? level))
            {
                return level;
            }
        }

        return _any;
    }

    // The name itself, else the longest suffix that is asked for with a wildcard: *.b.c before *.c.
    private MatchLevel? ByName(string name)
    {
        if (_byText is null || name.Length is 0 or > MaxNameLength)
        {
            return _any;
        }

        if (_byText.TryGetValue(name, out MatchLevel? level))
        {
            return level;
        }

        Dictionary<string, MatchLevel>.AlternateLookup<ReadOnlySpan<char>> lookup = _byText.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> pattern = stackalloc char[MaxNameLength + 1];
        for (int dot = name.IndexOf('.', 1); dot > 0; dot = name.IndexOf('.', dot + 1))
        {
            pattern[0] = '*';
            name.AsSpan(dot).CopyTo(pattern[1..]);
            if (lookup.TryGetValue(pattern[..(name.Length - dot + 1)], out level))
            {
                return level;
            }
        }

        return _any;
    }

    private MatchLevel? ByAddress(NetAddress address)
    {
        if (_byAddress is not null)
        {
            foreach (AddressRange range in _byAddress)
            {
                if (address.IsIn(range.Prefix.Address, range.Prefix.Length))
                {
                    return range.Level;
                }
            }
        }

        return _any;
    }

    private readonly record struct AddressRange(AddressPrefix Prefix, MatchLevel Level);
}
