using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime.Compilation.Filters;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Compiles route configurations to route tables (istio-gateway.md 3, 4).</summary>
internal sealed class RouteCompiler(ClusterSlotTable clusters, RepeatedHeaderMode repeatedHeaders)
{
    /// <summary>What filters' configurations refer to.</summary>
    public FilterParts Filters { get; } = new(new MatcherCompiler(repeatedHeaders), clusters);

    private MatcherCompiler Matchers => Filters.Matchers;

    private RouteActionCompiler Actions { get; } = new(clusters, new MatcherCompiler(repeatedHeaders));

    /// <summary>Compiles a route configuration; null when there are reasons to refuse it.</summary>
    /// <param name="configuration">What is compiled.</param>
    /// <param name="report">Takes the reasons.</param>
    /// <param name="before">The version in force, from which is taken what has not changed; null compiles all.</param>
    public RouteTable? Compile(RouteConfiguration configuration, CompileReport report, RouteTable? before = null)
    {
        CompileScope scope = report.Root;
        scope.RefuseIf(configuration.Vhds is not null, "vhds is not supported");
        scope.RefuseIf(configuration.IgnorePathParametersInPathMatching, "ignore_path_parameters_in_path_matching is not supported");
        var top = new RouteLevels(configuration, new FilterConfigCompiler(Filters), scope);
        var known = KnownVirtualHosts.Of(before, configuration);
        var virtualHosts = new RuntimeVirtualHost[configuration.VirtualHosts.Count];
        for (int i = 0; i < virtualHosts.Length; i++)
        {
            VirtualHost source = configuration.VirtualHosts[i];
            virtualHosts[i] = known.Find(source) ?? CompileHost(source, top, ScopeOf(source, i, scope));
        }

        HostTable<RuntimeVirtualHost> hosts = before is not null && HasSameDomains(before, virtualHosts)
            ? before.Hosts.WithReplaced(Replacements(before, virtualHosts))
            : Index(virtualHosts, scope);
        return report.Reasons.Count > 0 ? null : new RouteTable
        {
            Name = configuration.Name,
            Source = configuration,
            Hosts = hosts,
            VirtualHosts = virtualHosts,
            IgnoresPort = configuration.IgnorePortInHostMatching,
            InternalOnlyHeaders = [.. configuration.InternalOnlyHeaders.Select(static name => Encoding.UTF8.GetBytes(name.ToLowerInvariant()))],
        };
    }

    private static CompileScope ScopeOf(VirtualHost host, int index, CompileScope scope) => scope.At($"virtual_hosts[{index}] \"{host.Name}\"");

    // What is in force was checked: its names and domains are there once.
    private static bool HasSameDomains(RouteTable before, RuntimeVirtualHost[] virtualHosts)
    {
        if (before.VirtualHosts.Count != virtualHosts.Length)
        {
            return false;
        }

        for (int i = 0; i < virtualHosts.Length; i++)
        {
            RuntimeVirtualHost was = before.VirtualHosts[i];
            RuntimeVirtualHost now = virtualHosts[i];
            if (!ReferenceEquals(was, now) && (was.Name != now.Name || !was.Domains.SequenceEqual(now.Domains)))
            {
                return false;
            }
        }

        return true;
    }

    private static Dictionary<RuntimeVirtualHost, RuntimeVirtualHost> Replacements(RouteTable before, RuntimeVirtualHost[] virtualHosts)
    {
        Dictionary<RuntimeVirtualHost, RuntimeVirtualHost> replacements = [];
        for (int i = 0; i < virtualHosts.Length; i++)
        {
            if (!ReferenceEquals(before.VirtualHosts[i], virtualHosts[i]))
            {
                replacements.Add(before.VirtualHosts[i], virtualHosts[i]);
            }
        }

        return replacements;
    }

    private static HostTable<RuntimeVirtualHost> Index(RuntimeVirtualHost[] virtualHosts, CompileScope scope)
    {
        var hosts = new HostTable<RuntimeVirtualHost>();
        var names = new HashSet<string>(virtualHosts.Length);
        for (int i = 0; i < virtualHosts.Length; i++)
        {
            RuntimeVirtualHost host = virtualHosts[i];
            if (!names.Add(host.Name))
            {
                ScopeOf(host.Source, i, scope).Refuse("another virtual host has that name");
            }

            if (host.Domains.Count == 0)
            {
                ScopeOf(host.Source, i, scope).Refuse("domains is empty");
            }

            foreach (string domain in host.Domains)
            {
                if (domain.Length == 0)
                {
                    ScopeOf(host.Source, i, scope).Refuse("a domain is empty");
                }
                else if (!hosts.TryAdd(domain, host))
                {
                    ScopeOf(host.Source, i, scope).Refuse($"the domain \"{domain}\" is taken by another virtual host");
                }
            }
        }

        return hosts;
    }

    private RuntimeVirtualHost CompileHost(VirtualHost source, RouteLevels top, CompileScope scope)
    {
        scope.RefuseIf(source.Matcher is not null, "matcher is not supported");
        scope.RefuseIf(source.RetryPolicyTypedConfig is not null, "retry_policy_typed_config is not supported");
        scope.NoteIf(source.RateLimits.Count > 0, "rate_limits is not acted on");
        RouteLevels level = top.Below(source, scope);
        List<RuntimeRoute> routes = [];
        var host = new RuntimeVirtualHost
        {
            Name = source.Name,
            Source = source,
            TlsRequirement = (TlsRequirement)source.RequireTls,
            IncludesAttemptCount = source.IncludeRequestAttemptCount,
            IncludesAttemptCountInResponse = source.IncludeAttemptCountInResponse,
        };
        var defaults = new HostDefaults(
            source.RetryPolicy is null ? null : RetryPolicyCompiler.Compile(source.RetryPolicy, Matchers, scope.At("retry_policy")),
            source.HedgePolicy,
            Actions.Mirrors(source.RequestMirrorPolicies, scope));
        for (int i = 0; i < source.Routes.Count; i++)
        {
            routes.Add(CompileRoute(source.Routes[i], host, defaults, level, scope.At("routes", i)));
        }

        host.SetRoutes(routes, level.ResponseHeaders());
        return host;
    }

    private RuntimeRoute CompileRoute(Route source, RuntimeVirtualHost host, HostDefaults defaults, RouteLevels above, CompileScope scope)
    {
        RouteLevels level = above.Below(source, scope);
        if (source.Match is null)
        {
            scope.Refuse("match is missing");
        }

        var route = new RuntimeRoute
        {
            Name = source.Name,
            Source = source,
            Matcher = Matchers.Route(source.Match ?? new RouteMatch { Prefix = "/" }, scope.At("match")),
            VirtualHost = host,
            ResponseHeaders = level.ResponseHeaders(),
            Filters = level.Filters,
            StatPrefix = source.StatPrefix,
            DecoratorOperation = source.Decorator?.Operation ?? string.Empty,
            PropagatesDecorator = source.Decorator?.Propagate ?? true,
            Metadata = source.Metadata,
            ConfigPath = ConfigPathOf(source),
        };
        switch (source.ActionCase)
        {
            case Route.ActionOneofCase.Route_:
                return Actions.Compile(route, source.Route_, defaults, level, scope.At("route"));
            case Route.ActionOneofCase.Redirect:
                return route with { Action = RouteActionKind.Redirect, Redirect = RedirectCompiler.Compile(source.Redirect, scope.At("redirect")) };
            case Route.ActionOneofCase.DirectResponse:
                return route with { Action = RouteActionKind.DirectResponse, DirectResponse = CompileDirectResponse(source, scope.At("direct_response")) };
            case Route.ActionOneofCase.NonForwardingAction:
                return route with { Action = RouteActionKind.None };
            default:
                scope.Refuse(source.ActionCase == Route.ActionOneofCase.None ? "an action is missing" : $"the action {source.ActionCase} is not supported");
                return route;
        }
    }

    private static DirectResponse CompileDirectResponse(Route source, CompileScope scope)
    {
        DirectResponseAction action = source.DirectResponse;
        scope.RefuseIf(action.Status is < 200 or >= 600, $"the status {action.Status} is not between 200 and 599");
        byte[] body = [];
        switch (action.Body?.SpecifierCase ?? DataSource.SpecifierOneofCase.None)
        {
            case DataSource.SpecifierOneofCase.None:
                break;
            case DataSource.SpecifierOneofCase.InlineString:
                body = Encoding.UTF8.GetBytes(action.Body!.InlineString);
                break;
            case DataSource.SpecifierOneofCase.InlineBytes:
                body = action.Body!.InlineBytes.ToByteArray();
                break;
            default:
                scope.Refuse("a body from a file or the environment is not supported");
                break;
        }

        return new DirectResponse((int)action.Status, body);
    }

    private static string? ConfigPathOf(Route source) =>
        source.Metadata is { } metadata
        && metadata.FilterMetadata.TryGetValue("istio", out Struct? istio)
        && istio.Fields.TryGetValue("config", out Value? path)
            ? path.StringValue
            : null;
}
