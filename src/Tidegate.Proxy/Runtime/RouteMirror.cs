using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Runtime;

/// <summary>Where copies of a route's requests go, their answers unread (Envoy: <c>RequestMirrorPolicy</c>; istio-gateway.md 4.11). Immutable.</summary>
/// <param name="Cluster">The cluster's place.</param>
/// <param name="Share">The share of requests that is copied.</param>
/// <param name="MarksHost">Whether the copy's host gets the suffix <c>-shadow</c> (Envoy does it unless <c>disable_shadow_host_suffix_append</c>; Istio disables it).</param>
public sealed record RouteMirror(ClusterSlot Cluster, RequestFraction Share, bool MarksHost);
