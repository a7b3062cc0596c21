using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Google.Protobuf.Collections;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Compilation;

/// <summary>Checks what a filter chain asks of connections (istio-gateway.md 2.2).</summary>
internal static class FilterChainMatchCompiler
{
    /// <summary>Refuses what no <see cref="FilterChainTable"/> can look for.</summary>
    public static void Check(FilterChainMatch? match, CompileScope scope)
    {
        if (match is null)
        {
            return;
        }

        scope.At("destination_port").RefuseIf(match.DestinationPort is { } port ? AddressRules.CheckMatchedPort(port) : null);
        scope.RefuseIf(match.AddressSuffix.Length > 0 || match.SuffixLen is not null, "address_suffix is not supported");
        scope.RefuseIf(match.DirectSourcePrefixRanges.Count > 0, "direct_source_prefix_ranges is not supported");
        scope.RefuseIf(match.SourceType != FilterChainMatch.Types.ConnectionSourceType.Any, $"source_type {match.SourceType} is not supported");
        for (int i = 0; i < match.SourcePorts.Count; i++)
        {
            scope.At("source_ports", i).RefuseIf(AddressRules.CheckMatchedPort(match.SourcePorts[i]));
        }

        for (int i = 0; i < match.ServerNames.Count; i++)
        {
            scope.At("server_names", i).RefuseIf(HostRules.CheckServerName(match.ServerNames[i]));
        }

        CheckRanges(match.PrefixRanges, "prefix_ranges", scope);
        CheckRanges(match.SourcePrefixRanges, "source_prefix_ranges", scope);
    }

    private static void CheckRanges(RepeatedField<CidrRange> ranges, string field, CompileScope scope)
    {
        for (int i = 0; i < ranges.Count; i++)
        {
            if (!AddressPrefix.TryRead(ranges[i], out _, out string? error))
            {
                scope.At(field, i).Refuse(error);
            }
        }
    }
}
