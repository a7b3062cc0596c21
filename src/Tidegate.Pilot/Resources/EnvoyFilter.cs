namespace Tidegate.Pilot.Resources;

/// <summary>Patches of what a proxy is sent (Istio: <c>networking/v1alpha3/envoy_filter.proto</c>).</summary>
/// <param name="Metadata">Name, namespace, labels, annotations.</param>
/// <param name="Origin">Where it was read.</param>
/// <param name="Spec">What it says.</param>
public sealed record EnvoyFilter(ResourceMetadata Metadata, Origin Origin, EnvoyFilterSpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Networking, "EnvoyFilter");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary><c>EnvoyFilter.spec</c>.</summary>
public sealed record EnvoyFilterSpec
{
    /// <summary><c>workloadSelector.labels</c>; null for every proxy of the namespace.</summary>
    public IReadOnlyDictionary<string, string>? WorkloadSelector { get; init; }

    /// <summary>Whether <c>targetRefs</c> has entries: then it is for objects of the Gateway API alone.</summary>
    public bool HasTargets { get; init; }

    /// <summary><c>priority</c>: lower ones are applied first.</summary>
    public int Priority { get; init; }

    /// <summary><c>configPatches</c>.</summary>
    public IReadOnlyList<EnvoyConfigPatch> ConfigPatches { get; init; } = [];
}

/// <summary>Istio: <c>EnvoyFilter.EnvoyConfigObjectPatch</c>.</summary>
public sealed record EnvoyConfigPatch
{
    /// <summary><c>applyTo</c>.</summary>
    public EnvoyApplyTo ApplyTo { get; init; }

    /// <summary><c>match</c>; null for all that there is.</summary>
    public EnvoyPatchMatch? Match { get; init; }

    /// <summary><c>patch.operation</c>.</summary>
    public EnvoyPatchOperation Operation { get; init; }

    /// <summary><c>patch.value</c> as JSON; null when there is none.</summary>
    public string? Value { get; init; }
}

/// <summary>Istio: <c>EnvoyFilter.ApplyTo</c>, with its numbers.</summary>
public enum EnvoyApplyTo
{
    /// <summary>INVALID, and not given.</summary>
    Invalid,

    /// <summary>LISTENER.</summary>
    Listener,

    /// <summary>FILTER_CHAIN.</summary>
    FilterChain,

    /// <summary>NETWORK_FILTER.</summary>
    NetworkFilter,

    /// <summary>HTTP_FILTER.</summary>
    HttpFilter,

    /// <summary>ROUTE_CONFIGURATION.</summary>
    RouteConfiguration,

    /// <summary>VIRTUAL_HOST.</summary>
    VirtualHost,

    /// <summary>HTTP_ROUTE.</summary>
    HttpRoute,

    /// <summary>CLUSTER.</summary>
    Cluster,

    /// <summary>EXTENSION_CONFIG.</summary>
    ExtensionConfig,

    /// <summary>BOOTSTRAP.</summary>
    Bootstrap,

    /// <summary>LISTENER_FILTER.</summary>
    ListenerFilter,
}

/// <summary>Istio: <c>EnvoyFilter.Patch.Operation</c>, with its numbers.</summary>
public enum EnvoyPatchOperation
{
    /// <summary>INVALID, and not given.</summary>
    Invalid,

    /// <summary>MERGE: fields over fields, lists are appended.</summary>
    Merge,

    /// <summary>ADD: at the end.</summary>
    Add,

    /// <summary>REMOVE.</summary>
    Remove,

    /// <summary>INSERT_BEFORE.</summary>
    InsertBefore,

    /// <summary>INSERT_AFTER.</summary>
    InsertAfter,

    /// <summary>INSERT_FIRST.</summary>
    InsertFirst,

    /// <summary>REPLACE.</summary>
    Replace,

    /// <summary>MERGE_AND_REPLACE_LIST: as MERGE, but a list takes the place of the list.</summary>
    MergeAndReplaceList,
}

/// <summary>Istio: <c>EnvoyFilter.PatchContext</c>, with its numbers.</summary>
public enum EnvoyPatchContext
{
    /// <summary>ANY.</summary>
    Any,

    /// <summary>SIDECAR_INBOUND.</summary>
    SidecarInbound,

    /// <summary>SIDECAR_OUTBOUND.</summary>
    SidecarOutbound,

    /// <summary>GATEWAY.</summary>
    Gateway,

    /// <summary>WAYPOINT.</summary>
    Waypoint,
}

/// <summary>Istio: <c>EnvoyFilter.EnvoyConfigObjectMatch</c>.</summary>
public sealed record EnvoyPatchMatch
{
    /// <summary><c>context</c>.</summary>
    public EnvoyPatchContext Context { get; init; }

    /// <summary><c>proxy.proxyVersion</c>: an expression that the version of Istio has to match; empty for any.</summary>
    public string ProxyVersion { get; init; } = string.Empty;

    /// <summary><c>proxy.metadata</c>: node metadata that the proxy has to have.</summary>
    public IReadOnlyDictionary<string, string> ProxyMetadata { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>listener</c>.</summary>
    public EnvoyListenerMatch? Listener { get; init; }

    /// <summary><c>routeConfiguration</c>.</summary>
    public EnvoyRouteMatch? RouteConfiguration { get; init; }

    /// <summary><c>cluster</c>.</summary>
    public EnvoyClusterMatch? Cluster { get; init; }
}

/// <summary>Istio: <c>EnvoyFilter.ListenerMatch</c>. Empty texts and 0 match all.</summary>
public sealed record EnvoyListenerMatch
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>portNumber</c>: the port that the listener is bound to.</summary>
    public uint PortNumber { get; init; }

    /// <summary><c>listenerFilter</c>.</summary>
    public string ListenerFilter { get; init; } = string.Empty;

    /// <summary><c>filterChain</c>.</summary>
    public EnvoyFilterChainMatch? FilterChain { get; init; }
}

/// <summary>Istio: <c>EnvoyFilter.ListenerMatch.FilterChainMatch</c>. Empty texts and 0 match all.</summary>
public sealed record EnvoyFilterChainMatch
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>sni</c>: one of the chain's server names.</summary>
    public string Sni { get; init; } = string.Empty;

    /// <summary><c>transportProtocol</c>.</summary>
    public string TransportProtocol { get; init; } = string.Empty;

    /// <summary><c>applicationProtocols</c>, separated by commas.</summary>
    public string ApplicationProtocols { get; init; } = string.Empty;

    /// <summary><c>destinationPort</c>.</summary>
    public uint DestinationPort { get; init; }

    /// <summary><c>filter.name</c>; null when there is no <c>filter</c>.</summary>
    public string? Filter { get; init; }

    /// <summary><c>filter.subFilter.name</c>; null when there is no <c>subFilter</c>.</summary>
    public string? SubFilter { get; init; }
}

/// <summary>Istio: <c>EnvoyFilter.RouteConfigurationMatch</c>. Empty texts and 0 match all.</summary>
public sealed record EnvoyRouteMatch
{
    /// <summary><c>name</c> of the route configuration.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>portNumber</c>: the port of a Gateway's server, as declared.</summary>
    public uint PortNumber { get; init; }

    /// <summary><c>portName</c> of a Gateway's HTTPS server.</summary>
    public string PortName { get; init; } = string.Empty;

    /// <summary><c>gateway</c>, <c>namespace/name</c>, of an HTTPS server.</summary>
    public string Gateway { get; init; } = string.Empty;

    /// <summary><c>vhost.name</c>.</summary>
    public string VirtualHost { get; init; } = string.Empty;

    /// <summary><c>vhost.domainName</c>.</summary>
    public string DomainName { get; init; } = string.Empty;

    /// <summary>Whether <c>vhost.route</c> is there.</summary>
    public bool HasRoute { get; init; }

    /// <summary><c>vhost.route.name</c>.</summary>
    public string Route { get; init; } = string.Empty;

    /// <summary><c>vhost.route.action</c>.</summary>
    public EnvoyRouteAction Action { get; init; }
}

/// <summary>Istio: <c>EnvoyFilter.RouteConfigurationMatch.RouteMatch.Action</c>, with its numbers.</summary>
public enum EnvoyRouteAction
{
    /// <summary>ANY.</summary>
    Any,

    /// <summary>ROUTE.</summary>
    Route,

    /// <summary>REDIRECT.</summary>
    Redirect,

    /// <summary>DIRECT_RESPONSE.</summary>
    DirectResponse,
}

/// <summary>Istio: <c>EnvoyFilter.ClusterMatch</c>. Empty texts and 0 match all.</summary>
public sealed record EnvoyClusterMatch
{
    /// <summary><c>name</c>: with it the rest does not count.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>service</c>: the host.</summary>
    public string Service { get; init; } = string.Empty;

    /// <summary><c>subset</c>.</summary>
    public string Subset { get; init; } = string.Empty;

    /// <summary><c>portNumber</c> of the service.</summary>
    public uint PortNumber { get; init; }
}
