using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Tidegate.Rules.Values;
using Tidegate.Xds;

namespace Tidegate.Proxy.Compilation;

/// <summary>What a virtual host says for routes that do not say it themselves.</summary>
internal sealed record HostDefaults(RuntimeRetryPolicy? RetryPolicy, HedgePolicy? HedgePolicy, IReadOnlyList<RouteMirror> Mirrors);

/// <summary>
/// Compiles the virtual hosts of one route configuration, with their routes (istio-gateway.md 3, 4). Each route is a unit of refusal, and so is
/// what a virtual host says for all of its routes.
/// </summary>
internal sealed class VirtualHostCompiler(ClusterSlotTable clusters, SharedRouteParts parts)
{
    private static readonly RouteMatcher AnyRequest = new() { Path = PathMatcher.OfText(PathMatchKind.Prefix, string.Empty, isCaseSensitive: true) };

    private readonly RouteActionCompiler _actions = new(clusters, parts);

    /// <summary>
    /// Compiles a virtual host with its routes. What is refused is the last good version again, where there is one; else it answers 503, so that
    /// its requests do not fall through to routes that were not meant for them.
    /// </summary>
    /// <param name="source">What is compiled.</param>
    /// <param name="top">What the route configuration says for all.</param>
    /// <param name="scope">Where it stands.</param>
    /// <param name="lastGood">Earlier versions.</param>
    public RuntimeVirtualHost Compile(VirtualHost source, RouteLevels top, CompileScope scope, LastGoodVirtualHosts lastGood)
    {
        int count = scope.Report.LeftOut.Count;
        CompileUnit unit = scope.BeginUnit(ConfigOrigin.Of(source.Metadata));
        RuntimeVirtualHost? host = null;
        try
        {
            host = Compile(source, top, unit, count, lastGood);
        }
        catch (Exception exception)
        {
            unit.Fail(exception);
        }

        if (host is not null && !unit.IsRefused)
        {
            return host;
        }

        RuntimeVirtualHost? known = lastGood.Find(source.Name);
        unit.LeaveOut(known is not null);
        IReadOnlyList<XdsRefusedUnit> refused = scope.Report.LeftOutSince(count);
        return known?.StandingIn(source, refused) ?? Unavailable(source, unit.Origin, refused);
    }

    /// <summary>A virtual host that answers 503 to everything.</summary>
    public static RuntimeVirtualHost Unavailable(VirtualHost source, string? origin, IReadOnlyList<XdsRefusedUnit> refused)
    {
        var host = new RuntimeVirtualHost { Name = source.Name, Source = source, IsUnavailable = true };
        var everything = new Route { Match = new RouteMatch { Prefix = "/" }, Metadata = source.Metadata };
        LocalReply reply = LocalReply.NotConfigured("virtual_host", ConfigOrigin.Describe(origin, source.Name));
        host.SetRoutes([Unavailable(everything, AnyRequest, host, reply)], HeaderMutations.None, refused);
        return host;
    }

    private RuntimeVirtualHost Compile(VirtualHost source, RouteLevels top, CompileUnit unit, int count, LastGoodVirtualHosts lastGood)
    {
        CompileScope scope = unit.Scope;
        scope.RefuseIf(source.Matcher is not null, "matcher is not supported");
        scope.RefuseIf(source.RetryPolicyTypedConfig is not null, "retry_policy_typed_config is not supported");
        RouteLevels level = top.Below(source, scope);
        List<RuntimeRoute> routes = [];
        var host = new RuntimeVirtualHost
        {
            Name = source.Name,
            Source = source,
            TlsRequirement = (TlsRequirement)source.RequireTls,
            IncludesAttemptCount = source.IncludeRequestAttemptCount,
            IncludesAttemptCountInResponse = source.IncludeAttemptCountInResponse,
            RateLimits = parts.RateLimits.Compile(source.RateLimits, source.Metadata, scope),
        };
        var defaults = new HostDefaults(
            source.RetryPolicy is null ? null : parts.RetryPolicy(source.RetryPolicy, scope.At("retry_policy")),
            source.HedgePolicy,
            _actions.Mirrors(source.RequestMirrorPolicies, scope));
        for (int i = 0; i < source.Routes.Count; i++)
        {
            CompileUnit routeUnit = scope.At("routes", i).BeginUnit(ConfigOrigin.Of(source.Routes[i].Metadata));
            if (RouteOf(source.Routes[i], host, defaults, level, routeUnit, lastGood) is { } route)
            {
                routes.Add(route);
            }
        }

        host.SetRoutes(routes, level.ResponseHeaders(), scope.Report.LeftOutSince(count));
        return host;
    }

    // The route, or what stands in for it; null when it is not even known which requests it is for.
    private RuntimeRoute? RouteOf(
        Route source, RuntimeVirtualHost host, HostDefaults defaults, RouteLevels above, CompileUnit unit, LastGoodVirtualHosts lastGood)
    {
        RouteMatcher? matcher = null;
        try
        {
            matcher = source.Match is null ? null : parts.Matcher(source.Match, unit.Scope.At("match"));
            unit.Scope.RefuseIf(source.Match is null, "match is missing");
            RuntimeRoute compiled = CompileRoute(source, matcher ?? AnyRequest, host, defaults, above, unit.Scope);
            if (!unit.IsRefused)
            {
                return compiled;
            }
        }
        catch (Exception exception)
        {
            unit.Fail(exception);
        }

        RuntimeRoute? known = lastGood.Find(source, host.Name, unit.Origin);
        unit.LeaveOut(known is not null);
        if (known is not null)
        {
            return known with { VirtualHost = host };
        }

        LocalReply reply = LocalReply.NotConfigured("route", ConfigOrigin.Describe(unit.Origin, source.Name.Length > 0 ? source.Name : host.Name));
        return matcher is null ? null : Unavailable(source, matcher, host, reply) with { Filters = above.Filters };
    }

    private static RuntimeRoute Unavailable(Route source, RouteMatcher matcher, RuntimeVirtualHost host, LocalReply reply) => new()
    {
        Name = source.Name,
        Source = new Route
        {
            Name = source.Name,
            Match = source.Match,
            Metadata = source.Metadata,
            DirectResponse = new DirectResponseAction { Status = (uint)reply.Status },
        },
        Matcher = matcher,
        VirtualHost = host,
        Action = RouteActionKind.Unavailable,
        Refusal = reply,
        Metadata = source.Metadata,
        ConfigPath = ConfigOrigin.Of(source.Metadata),
    };

    private RuntimeRoute CompileRoute(Route source, RouteMatcher matcher, RuntimeVirtualHost host, HostDefaults defaults, RouteLevels above, CompileScope scope)
    {
        RouteLevels level = above.Below(source, scope);
        scope.NoteIf(source.StatPrefix.Length > 0, "stat_prefix of a route is not acted on: there are no statistics of single routes");
        var route = new RuntimeRoute
        {
            Name = source.Name,
            Source = source,
            Matcher = matcher,
            VirtualHost = host,
            ResponseHeaders = level.ResponseHeaders(),
            Filters = level.Filters,
            DecoratorOperation = source.Decorator?.Operation ?? string.Empty,
            PropagatesDecorator = source.Decorator?.Propagate ?? true,
            Metadata = source.Metadata,
            ConfigPath = ConfigOrigin.Of(source.Metadata),
        };
        switch (source.ActionCase)
        {
            case Route.ActionOneofCase.Route_:
                return _actions.Compile(route, source.Route_, defaults, level, scope.At("route"));
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
        scope.At("status").RefuseIf(StatusRules.CheckAnswer(action.Status));
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
}
