using System.Text.RegularExpressions;
using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.VirtualServices;
using static Envoy.Config.Route.V3.RouteAction.Types;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>Where a route sends its requests and how (spec 4.4 to 4.6, 4.9 to 4.11).</summary>
internal static class RouteActionTranslation
{
    // Shared by all routes that have no timeout, as most have none: nobody changes a message once it is made.
    private static readonly Duration NoTime = new();
    private static readonly MaxStreamDuration NoStreamTime = new() { MaxStreamDuration_ = NoTime, GrpcTimeoutHeaderMax = NoTime };

    public static void Apply(Route route, HttpRoute http, BoundVirtualService virtualService, string authority, RouteContext context)
    {
        var action = new RouteAction();
        SetTimeout(action, http.Timeout, context.Mesh.CompatibilityVersion);
        if (virtualService.IsFromGatewayApi)
        {
            action.ClusterNotFoundResponseCode = ClusterNotFoundResponseCode.InternalServerError;
        }
        authority = ApplyRewrite(action, http.Rewrite, authority, route.Match, virtualService, context.Mesh);
        if (authority.Length > 0)
        {
            action.HostRewriteLiteral = authority;
        }
        MirrorTranslation.AddPolicies(action, http, virtualService, context);

        var isConsistentHash = false;
        if (http.Route.Count == 1)
        {
            isConsistentHash = ApplySingle(route, action, http.Route[0], virtualService, context);
        }
        else
        {
            ApplyWeighted(action, http.Route, virtualService, context);
        }
        action.RetryPolicy = RetryTranslation.Translate(http.Retries ?? context.Mesh.DefaultHttpRetryPolicy, isConsistentHash, context.Mesh.CompatibilityVersion);
        route.Route_ = action;
    }

    /// <summary>Always said, since Envoy's own default is 15 s: 0 is none. A client's <c>grpc-timeout</c> counts up to the same time.</summary>
    private static void SetTimeout(RouteAction action, TimeSpan? timeout, CompatibilityVersion version)
    {
        var isUnlimited = (timeout ?? TimeSpan.Zero) == TimeSpan.Zero;
        var duration = isUnlimited ? NoTime : Durations.Of(timeout!.Value);
        action.Timeout = duration;
        if (version == CompatibilityVersion.Istio1_16 && isUnlimited)
        {
            action.MaxStreamDuration = NoStreamTime;
        }
        else
        {
#pragma warning disable CS0612 // Istio keeps to the deprecated field, whose replacement does not do quite the same
            action.MaxGrpcTimeout = duration;
#pragma warning restore CS0612
        }
    }

    private static string ApplyRewrite(
        RouteAction action, HttpRewrite? rewrite, string authority, RouteMatch match, BoundVirtualService virtualService, MeshSettings mesh)
    {
        if (rewrite is null)
        {
            return authority;
        }
        action.AppendXForwardedHost = mesh.AppendsXForwardedHost;
        if (rewrite.UriRegexRewrite is { } regex)
        {
            action.RegexRewrite = Substitution(regex.Match, regex.Rewrite);
        }
        else if (rewrite.Uri == "/" && virtualService.IsFromGatewayApi)
        {
            // Takes the prefix away, and keeps a slash where nothing is left.
            action.RegexRewrite = Substitution($"^{Regex.Escape(match.PathSeparatedPrefix)}(/?)(.*)", @"/\2");
        }
        else if (rewrite.Uri.Length > 0)
        {
            action.PrefixRewrite = rewrite.Uri;
        }
        return rewrite.Authority.Length == 0 ? authority : rewrite.Authority;
    }

    private static RegexMatchAndSubstitute Substitution(string pattern, string replacement) =>
        new() { Pattern = StringMatchTranslation.Regex(pattern), Substitution = replacement };

    /// <summary>One destination: a plain cluster, whatever its weight. Returns whether its endpoints are chosen by a hash.</summary>
    private static bool ApplySingle(
        Route route, RouteAction action, HttpRouteDestination destination, BoundVirtualService virtualService, RouteContext context)
    {
        action.Cluster = context.Destinations.ClusterOf(destination.Destination, virtualService.Namespace, context.Port);
        var headers = HeaderOperationsTranslation.Translate(destination.Headers);
        headers.AddTo(route);
        // The route's own host rewrite wins, as Envoy has it for several clusters.
        if (headers.Authority.Length > 0 && action.HostRewriteSpecifierCase == RouteAction.HostRewriteSpecifierOneofCase.None)
        {
            action.HostRewriteLiteral = headers.Authority;
        }
        return AddHashPolicy(action, destination, context);
    }

    private static void ApplyWeighted(
        RouteAction action, IReadOnlyList<HttpRouteDestination> destinations, BoundVirtualService virtualService, RouteContext context)
    {
        var weighted = new WeightedCluster();
        foreach (var destination in destinations)
        {
            if (destination.Weight == 0)
            {
                continue;
            }
            var cluster = new WeightedCluster.Types.ClusterWeight
            {
                Name = context.Destinations.ClusterOf(destination.Destination, virtualService.Namespace, context.Port),
                Weight = (uint)destination.Weight,
            };
            var headers = HeaderOperationsTranslation.Translate(destination.Headers);
            headers.AddTo(cluster);
            weighted.Clusters.Add(cluster);
            AddHashPolicy(action, destination, context);
        }
        action.WeightedClusters = weighted;
    }

    private static bool AddHashPolicy(RouteAction action, HttpRouteDestination destination, RouteContext context)
    {
        if (context.Destinations.ConsistentHashOf(destination.Destination) is not { } hash)
        {
            return false;
        }
        if (HashPolicyTranslation.Translate(hash) is { } policy)
        {
            action.HashPolicy.Add(policy);
        }
        return true;
    }
}
