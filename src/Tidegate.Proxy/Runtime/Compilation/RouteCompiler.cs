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
    public RouteTable? Compile(RouteConfiguration configuration, CompileReport report)
    {
        CompileScope scope = report.Root;
        scope.RefuseIf(configuration.Vhds is not null, "vhds is not supported");
        scope.RefuseIf(configuration.IgnorePathParametersInPathMatching, "ignore_path_parameters_in_path_matching is not supported");
        var top = new RouteLevels(configuration, new FilterConfigCompiler(Filters), scope);
        var hosts = new HostTable<RuntimeVirtualHost>();
        List<RuntimeVirtualHost> virtualHosts = [];
        HashSet<string> names = [];
        for (int i = 0; i < configuration.VirtualHosts.Count; i++)
        {
            VirtualHost source = configuration.VirtualHosts[i];
            CompileScope at = scope.At($"virtual_hosts[{i}] \"{source.Name}\"");
            at.RefuseIf(!names.Add(source.Name), "another virtual host has that name");
            at.RefuseIf(source.Domains.Count == 0, "domains is empty");
            RuntimeVirtualHost host = CompileHost(source, top, at);
            virtualHosts.Add(host);
            foreach (string domain in source.Domains)
            {
                at.RefuseIf(domain.Length == 0, "a domain is empty");
                at.RefuseIf(domain.Length > 0 && !hosts.TryAdd(domain, host), $"the domain \"{domain}\" is taken by another virtual host");
            }
        }

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

    private RuntimeVirtualHost CompileHost(VirtualHost source, RouteLevels top, CompileScope scope)
    {
        scope.RefuseIf(source.Matcher is not null, "matcher is not supported");
        scope.RefuseIf(source.RetryPolicyTypedConfig is not null, "retry_policy_typed_config is not supported");
        scope.NoteIf(source.RateLimits.Count > 0, "rate_limits is not acted on");
        scope.NoteIf(source.HedgePolicy is not null, "hedge_policy is not acted on");
        RouteLevels level = top.Below(source, scope);
        List<RuntimeRoute> routes = [];
        var host = new RuntimeVirtualHost
        {
            Name = source.Name,
            Domains = [.. source.Domains],
            TlsRequirement = (TlsRequirement)source.RequireTls,
            IncludesAttemptCount = source.IncludeRequestAttemptCount,
            IncludesAttemptCountInResponse = source.IncludeAttemptCountInResponse,
        };
        var defaults = new HostDefaults(
            source.RetryPolicy is null ? null : RetryPolicyCompiler.Compile(source.RetryPolicy, Matchers, scope.At("retry_policy")),
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
