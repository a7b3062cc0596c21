using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>What a virtual host says for routes that do not say it themselves.</summary>
internal sealed record HostDefaults(RuntimeRetryPolicy? RetryPolicy, HedgePolicy? HedgePolicy, IReadOnlyList<RouteMirror> Mirrors);

/// <summary>Compiles the virtual hosts of one route configuration, with their routes (istio-gateway.md 3, 4).</summary>
internal sealed class VirtualHostCompiler(ClusterSlotTable clusters, SharedRouteParts parts)
{
    private readonly RouteActionCompiler _actions = new(clusters, parts);

    /// <summary>Compiles a virtual host with its routes; what is wrong with it is reported.</summary>
    /// <param name="source">What is compiled.</param>
    /// <param name="top">What the route configuration says for all.</param>
    /// <param name="scope">Where it stands.</param>
    public RuntimeVirtualHost Compile(VirtualHost source, RouteLevels top, CompileScope scope)
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
            source.RetryPolicy is null ? null : parts.RetryPolicy(source.RetryPolicy, scope.At("retry_policy")),
            source.HedgePolicy,
            _actions.Mirrors(source.RequestMirrorPolicies, scope));
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
            Matcher = parts.Matcher(source.Match ?? new RouteMatch { Prefix = "/" }, scope.At("match")),
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
