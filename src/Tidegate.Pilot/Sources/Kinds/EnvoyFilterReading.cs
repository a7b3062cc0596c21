using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads an EnvoyFilter's <c>spec</c>. The values of patches are Envoy's own messages, and are looked at when they are applied.</summary>
internal static class EnvoyFilterReading
{
    public static EnvoyFilterSpec Read(ObjectReader spec) => new()
    {
        WorkloadSelector = spec.Object("workloadSelector", reader => new Selector(reader.Map("labels")))?.Labels,
        HasTargets = spec.Objects("targetRefs", reader =>
        {
            reader.IgnoreOthers();
            return reader;
        }).Count > 0,
        Priority = (int)spec.Number("priority"),
        ConfigPatches = spec.Objects("configPatches", ReadPatch),
    };

    private static EnvoyConfigPatch ReadPatch(ObjectReader reader)
    {
        var applyTo = reader.Enum(
            "applyTo",
            ("INVALID", EnvoyApplyTo.Invalid),
            ("LISTENER", EnvoyApplyTo.Listener),
            ("FILTER_CHAIN", EnvoyApplyTo.FilterChain),
            ("NETWORK_FILTER", EnvoyApplyTo.NetworkFilter),
            ("HTTP_FILTER", EnvoyApplyTo.HttpFilter),
            ("ROUTE_CONFIGURATION", EnvoyApplyTo.RouteConfiguration),
            ("VIRTUAL_HOST", EnvoyApplyTo.VirtualHost),
            ("HTTP_ROUTE", EnvoyApplyTo.HttpRoute),
            ("CLUSTER", EnvoyApplyTo.Cluster),
            ("EXTENSION_CONFIG", EnvoyApplyTo.ExtensionConfig),
            ("BOOTSTRAP", EnvoyApplyTo.Bootstrap),
            ("LISTENER_FILTER", EnvoyApplyTo.ListenerFilter));
        var result = new EnvoyConfigPatch { ApplyTo = applyTo, Match = reader.Object("match", ReadMatch) };
        return reader.Object("patch", patch =>
        {
            patch.Ignore("filterClass"); // says where a filter goes that no match places; Istio alone uses it
            return result with
            {
                Operation = patch.Enum(
                    "operation",
                    ("INVALID", EnvoyPatchOperation.Invalid),
                    ("MERGE", EnvoyPatchOperation.Merge),
                    ("ADD", EnvoyPatchOperation.Add),
                    ("REMOVE", EnvoyPatchOperation.Remove),
                    ("INSERT_BEFORE", EnvoyPatchOperation.InsertBefore),
                    ("INSERT_AFTER", EnvoyPatchOperation.InsertAfter),
                    ("INSERT_FIRST", EnvoyPatchOperation.InsertFirst),
                    ("REPLACE", EnvoyPatchOperation.Replace),
                    ("MERGE_AND_REPLACE_LIST", EnvoyPatchOperation.MergeAndReplaceList)),
                Value = patch.Json("value"),
            };
        }) ?? result;
    }

    private static EnvoyPatchMatch ReadMatch(ObjectReader match)
    {
        match.Ignore("waypoint");
        var proxy = match.Object("proxy", reader => new Proxy(reader.Text("proxyVersion"), reader.Map("metadata")));
        return new EnvoyPatchMatch
        {
            Context = match.Enum(
                "context",
                ("ANY", EnvoyPatchContext.Any),
                ("SIDECAR_INBOUND", EnvoyPatchContext.SidecarInbound),
                ("SIDECAR_OUTBOUND", EnvoyPatchContext.SidecarOutbound),
                ("GATEWAY", EnvoyPatchContext.Gateway),
                ("WAYPOINT", EnvoyPatchContext.Waypoint)),
            ProxyVersion = proxy?.Version ?? string.Empty,
            ProxyMetadata = proxy?.Metadata ?? ResourceMetadata.NoEntries,
            Listener = match.Object("listener", ReadListener),
            RouteConfiguration = match.Object("routeConfiguration", ReadRoute),
            Cluster = match.Object("cluster", cluster => new EnvoyClusterMatch
            {
                Name = cluster.Text("name"),
                Service = cluster.Text("service"),
                Subset = cluster.Text("subset"),
                PortNumber = cluster.Unsigned("portNumber"),
            }),
        };
    }

    private static EnvoyListenerMatch ReadListener(ObjectReader listener)
    {
        listener.Ignore("portName"); // Istio does not look at it
        return new EnvoyListenerMatch
        {
            Name = listener.Text("name"),
            PortNumber = listener.Unsigned("portNumber"),
            ListenerFilter = listener.Text("listenerFilter"),
            FilterChain = listener.Object("filterChain", ReadFilterChain),
        };
    }

    private static EnvoyFilterChainMatch ReadFilterChain(ObjectReader chain)
    {
        var result = new EnvoyFilterChainMatch
        {
            Name = chain.Text("name"),
            Sni = chain.Text("sni"),
            TransportProtocol = chain.Text("transportProtocol"),
            ApplicationProtocols = chain.Text("applicationProtocols"),
            DestinationPort = chain.Unsigned("destinationPort"),
        };
        return chain.Object("filter", filter => result with
        {
            Filter = filter.Text("name"),
            SubFilter = filter.Object("subFilter", reader => new Name(reader.Text("name")))?.Value,
        }) ?? result;
    }

    private static EnvoyRouteMatch ReadRoute(ObjectReader route)
    {
        var result = new EnvoyRouteMatch
        {
            Name = route.Text("name"),
            PortNumber = route.Unsigned("portNumber"),
            PortName = route.Text("portName"),
            Gateway = route.Text("gateway"),
        };
        return route.Object("vhost", host =>
        {
            result = result with { VirtualHost = host.Text("name"), DomainName = host.Text("domainName") };
            return host.Object("route", reader => result with
            {
                HasRoute = true,
                Route = reader.Text("name"),
                Action = reader.Enum(
                    "action",
                    ("ANY", EnvoyRouteAction.Any),
                    ("ROUTE", EnvoyRouteAction.Route),
                    ("REDIRECT", EnvoyRouteAction.Redirect),
                    ("DIRECT_RESPONSE", EnvoyRouteAction.DirectResponse)),
            }) ?? result;
        }) ?? result;
    }

    private sealed record Selector(IReadOnlyDictionary<string, string> Labels);

    private sealed record Proxy(string Version, IReadOnlyDictionary<string, string> Metadata);

    private sealed record Name(string Value);
}
