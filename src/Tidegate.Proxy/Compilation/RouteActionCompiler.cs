using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Tidegate.Rules.Values;

// Fields that Envoy calls deprecated are what control planes still send (Istio 1.16 among them).
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles what a route does with the requests that it forwards (istio-gateway.md 4.3 to 4.10).</summary>
internal sealed class RouteActionCompiler(ClusterSlotTable clusters, SharedRouteParts parts)
{
    private const long DefaultTimeoutMs = 15_000;

    /// <summary>The route with its action.</summary>
    public RuntimeRoute Compile(RuntimeRoute route, RouteAction action, HostDefaults host, RouteLevels level, CompileScope scope)
    {
        scope.RefuseIf(action.RetryPolicyTypedConfig is not null, "retry_policy_typed_config is not supported");
        scope.RefuseIf(action.PathRewritePolicy is not null, "path_rewrite_policy is not supported");
        scope.RefuseIf(action.MetadataMatch is not null, "metadata_match is not supported");
        InternalRedirectRules? redirects = InternalRedirects(action, scope, ref route);
        RouteAction.Types.MaxStreamDuration? duration = action.MaxStreamDuration;
        return route with
        {
            Action = RouteActionKind.Forward,
            Destinations = Destinations(action, level, scope),
            TimeoutMs = scope.At("timeout").MillisecondsOrNull(action.Timeout) ?? DefaultTimeoutMs,
            IdleTimeoutMs = scope.At("idle_timeout").MillisecondsOrNull(action.IdleTimeout),
            MaxStreamDurationMs = scope.At("max_stream_duration.max_stream_duration").MillisecondsOrNull(duration?.MaxStreamDuration_),
            GrpcDurationMaxMs = scope.At("max_stream_duration.grpc_timeout_header_max").MillisecondsOrNull(duration?.GrpcTimeoutHeaderMax),
            GrpcTimeoutMaxMs = duration?.GrpcTimeoutHeaderMax is null ? scope.At("max_grpc_timeout").MillisecondsOrNull(action.MaxGrpcTimeout) : null,
            RetryPolicy = action.RetryPolicy is null ? host.RetryPolicy : parts.RetryPolicy(action.RetryPolicy, scope.At("retry_policy")),
            HedgesOnPerTryTimeout = (action.HedgePolicy ?? host.HedgePolicy) is { } hedge && RetryPolicyCompiler.Hedges(hedge, scope.At("hedge_policy")),
            InternalRedirects = redirects,
            RateLimits = parts.RateLimits.Compile(action.RateLimits, route.Metadata, scope),
            IncludesHostRateLimits = action.IncludeVhRateLimits ?? false,
            Hash = HashPolicyCompiler.Compile(action.HashPolicy, scope),
            ClusterNotFoundStatus = action.ClusterNotFoundResponseCode switch
            {
                RouteAction.Types.ClusterNotFoundResponseCode.NotFound => 404,
                RouteAction.Types.ClusterNotFoundResponseCode.InternalServerError => 500,
                _ => 503,
            },
            PathRewrite = Path(action, scope),
            HostRewrite = Host(action, scope),
            Mirrors = action.RequestMirrorPolicies.Count > 0 ? Mirrors(action.RequestMirrorPolicies, scope) : host.Mirrors,
            AppendsForwardedHost = action.AppendXForwardedHost,
            Upgrades = Upgrades(action),
            EndsConnect = EndsConnect(action, scope),
        };
    }

    // Without them the client follows redirects itself.
    private static InternalRedirectRules? InternalRedirects(RouteAction action, CompileScope scope, ref RuntimeRoute route)
    {
        CompileUnit unit = scope.At("internal_redirect_policy").BeginUnit();
        InternalRedirectRules? rules = InternalRedirectCompiler.Compile(action.InternalRedirectPolicy, unit.Scope);
        if (!unit.IsRefused)
        {
            return rules;
        }

        unit.LeaveOut(keepsLastGood: false);
        route = route with { Source = WithoutInternalRedirects(route.Source!) };
        return null;
    }

    private static UpgradeSet Upgrades(RouteAction action) =>
        UpgradeSet.Of(action.UpgradeConfigs.Select(static upgrade => (upgrade.UpgradeType, upgrade.Enabled)));

    private static ConnectTermination? EndsConnect(RouteAction action, CompileScope scope)
    {
        ConnectTermination? ends = null;
        for (int i = 0; i < action.UpgradeConfigs.Count; i++)
        {
            RouteAction.Types.UpgradeConfig upgrade = action.UpgradeConfigs[i];
            if (upgrade.ConnectConfig is not { } config)
            {
                continue;
            }

            CompileScope at = scope.At("upgrade_configs", i).At("connect_config");
            bool isConnect = upgrade.UpgradeType.Equals("CONNECT", StringComparison.OrdinalIgnoreCase);
            at.RefuseIf(!isConnect, "is for CONNECT only");
            at.At("proxy_protocol_config").NoteIf(config.ProxyProtocolConfig?.PassThroughTlvs is not null, "pass_through_tlvs is not acted on");
            int version = config.ProxyProtocolConfig is not { } header ? 0 : header.Version == ProxyProtocolConfig.Types.Version.V2 ? 2 : 1;
            ends ??= new ConnectTermination(version, config.AllowPost);
        }

        return ends;
    }

    /// <summary>Compiles where copies go, of a route or of a virtual host.</summary>
    public IReadOnlyList<RouteMirror> Mirrors(IEnumerable<RouteAction.Types.RequestMirrorPolicy> policies, CompileScope scope)
    {
        List<RouteMirror> mirrors = [];
        foreach ((int i, RouteAction.Types.RequestMirrorPolicy policy) in policies.Index())
        {
            CompileScope at = scope.At("request_mirror_policies", i);
            at.RefuseIf(policy.ClusterHeader.Length > 0, "cluster_header is not supported");
            at.RefuseIf(policy.ClusterHeader.Length == 0 && policy.Cluster.Length == 0, "a cluster is missing");
            RequestFraction share = policy.RuntimeFraction?.DefaultValue is { } fraction ? MatcherCompiler.Fraction(fraction) : new RequestFraction(100, 100);
            if (share.Numerator > 0 && policy.Cluster.Length > 0)
            {
                mirrors.Add(new RouteMirror(clusters.Of(policy.Cluster), share, !policy.DisableShadowHostSuffixAppend));
            }
        }

        return mirrors.Count == 0 ? [] : mirrors;
    }

    private static Route WithoutInternalRedirects(Route source)
    {
        Route inForce = source.Clone();
        inForce.Route_.InternalRedirectPolicy = null;
        return inForce;
    }

    private static PathRewrite? Path(RouteAction action, CompileScope scope)
    {
        scope.RefuseIf(action.PrefixRewrite.Length > 0 && action.RegexRewrite is not null, "prefix_rewrite and regex_rewrite exclude each other");
        if (action.RegexRewrite is not null)
        {
            return MatcherCompiler.Replacement(action.RegexRewrite, scope.At("regex_rewrite")) is var (pattern, substitution)
                ? PathRewrite.OfPattern(pattern, substitution)
                : null;
        }

        scope.At("prefix_rewrite").RefuseIf(PathRules.CheckTarget(action.PrefixRewrite));
        return action.PrefixRewrite.Length > 0 ? PathRewrite.OfPrefix(action.PrefixRewrite) : null;
    }

    private static HostRewrite? Host(RouteAction action, CompileScope scope)
    {
        switch (action.HostRewriteSpecifierCase)
        {
            case RouteAction.HostRewriteSpecifierOneofCase.HostRewriteLiteral:
                return Literal(action.HostRewriteLiteral, scope.At("host_rewrite_literal"));
            case RouteAction.HostRewriteSpecifierOneofCase.AutoHostRewrite:
                return action.AutoHostRewrite == true ? HostRewrite.OfEndpoint : null;
            case RouteAction.HostRewriteSpecifierOneofCase.HostRewriteHeader:
                return HostRewrite.OfHeader(action.HostRewriteHeader);
            case RouteAction.HostRewriteSpecifierOneofCase.HostRewritePathRegex:
                return MatcherCompiler.Replacement(action.HostRewritePathRegex, scope.At("host_rewrite_path_regex")) is var (pattern, substitution)
                    ? HostRewrite.OfPath(pattern, substitution)
                    : null;
            default:
                return null;
        }
    }

    private static HostRewrite Literal(string host, CompileScope scope)
    {
        scope.RefuseIf(HostRules.CheckAuthority(host));
        return HostRewrite.OfLiteral(host);
    }

    private List<RouteDestination> Destinations(RouteAction action, RouteLevels level, CompileScope scope)
    {
        switch (action.ClusterSpecifierCase)
        {
            case RouteAction.ClusterSpecifierOneofCase.Cluster:
                return
                [
                    new RouteDestination
                    {
                        Cluster = clusters.Of(action.Cluster),
                        RequestHeaders = level.RequestHeaders(),
                        ResponseHeaders = level.ResponseHeaders(),
                        Filters = level.Filters,
                    },
                ];
            case RouteAction.ClusterSpecifierOneofCase.WeightedClusters:
                return Weighted(action.WeightedClusters, level, scope.At("weighted_clusters"));
            case RouteAction.ClusterSpecifierOneofCase.None:
                scope.Refuse("a cluster is missing");
                return [];
            default:
                scope.Refuse($"the cluster specifier {action.ClusterSpecifierCase} is not supported");
                return [];
        }
    }

    private List<RouteDestination> Weighted(WeightedCluster weighted, RouteLevels above, CompileScope scope)
    {
        scope.RefuseIf(weighted.HeaderName.Length > 0, "header_name is not supported");
        List<RouteDestination> destinations = [];
        ulong total = 0;
        for (int i = 0; i < weighted.Clusters.Count; i++)
        {
            WeightedCluster.Types.ClusterWeight cluster = weighted.Clusters[i];
            CompileScope at = scope.At("clusters", i);
            at.RefuseIf(cluster.ClusterHeader.Length > 0, "cluster_header is not supported");
            at.RefuseIf(cluster.MetadataMatch is not null, "metadata_match is not supported");
            RouteLevels level = above.Below(cluster, at);
            uint weight = cluster.Weight ?? 0;
            total += weight;
            if (weight == 0)
            {
                continue;
            }

            destinations.Add(new RouteDestination
            {
                Cluster = clusters.Of(cluster.Name),
                Weight = weight,
                RequestHeaders = level.RequestHeaders(),
                ResponseHeaders = level.ResponseHeaders(),
                HostRewrite = cluster.HostRewriteLiteral.Length > 0 ? Literal(cluster.HostRewriteLiteral, at.At("host_rewrite_literal")) : null,
                Filters = level.Filters,
            });
        }

        scope.RefuseIf(total == 0, "the weights' sum is 0");
        scope.RefuseIf(total > uint.MaxValue, "the weights' sum is greater than 4294967295");
        return destinations;
    }
}
