using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>
/// The HTTP routes of one VirtualService on one gateway and port (spec 4.1 to 4.3): each match entry is a route of its own, in order, up
/// to the first that takes everything.
/// </summary>
internal static class RouteTranslation
{
    /// <summary>Translates the routes; none when no match entry is meant for this gateway and port.</summary>
    public static IReadOnlyList<TranslatedRoute> Translate(BoundVirtualService virtualService, RouteContext context)
    {
        var routes = new List<TranslatedRoute>();
        for (var i = 0; i < virtualService.HttpRoutes.Count; i++)
        {
            var http = virtualService.HttpRoutes[i];
            if (http.Match.Count == 0)
            {
                routes.Add(new TranslatedRoute(Translate(virtualService, i, null, context), i));
                return routes;
            }
            foreach (var match in http.Match)
            {
                if (!Applies(match, context))
                {
                    continue;
                }
                var route = Translate(virtualService, i, match, context);
                routes.Add(new TranslatedRoute(route, i));
                if (RouteMatchTranslation.IsCatchAll(route.Match))
                {
                    return routes; // what follows could never be reached
                }
            }
        }
        return routes;
    }

    /// <summary>Whether the entry is meant for this gateway and port. With <c>gateways</c> given, source labels and namespace do not count.</summary>
    private static bool Applies(HttpMatchRequest match, RouteContext context)
    {
        if (match.Port > 0 && match.Port != context.Port)
        {
            return false;
        }
        if (match.Gateways.Count > 0)
        {
            return match.Gateways.Contains(context.Gateway);
        }
        return context.Node.IsSelectedBy(match.SourceLabels) &&
            (match.SourceNamespace.Length == 0 || match.SourceNamespace == context.Node.Namespace);
    }

    private static Route Translate(BoundVirtualService virtualService, int index, HttpMatchRequest? match, RouteContext context)
    {
        var http = virtualService.HttpRoutes[index];
        var route = new Route
        {
            Name = string.IsNullOrEmpty(match?.Name) ? http.Name : $"{http.Name}.{match.Name}",
            Match = RouteMatchTranslation.Translate(match, virtualService.MatchesPathSegments),
            Metadata = ConfigMetadata.Of("virtual-service", virtualService.Namespace, virtualService.Name, context.Mesh.CompatibilityVersion),
            StatPrefix = match?.StatPrefix ?? "",
        };
        var headers = HeaderOperationsTranslation.Translate(http.Headers);
        headers.AddTo(route);

        // 1. What is done with the request: the first of these that is given.
        if (http.Redirect is not null)
        {
            RedirectTranslation.Apply(route, http.Redirect, context);
        }
        else if (http.DirectResponse is not null)
        {
            route.DirectResponse = DirectResponseTranslation.Translate(http.DirectResponse);
        }
        else
        {
            RouteActionTranslation.Apply(route, http, virtualService, headers.Authority, context);
        }

        // 2. What tracing calls it.
        route.Decorator = new Decorator { Operation = Operation(route, virtualService.Name, context.Port) };

        // 3. Settings of filters for this route.
        if (http.Fault is not null && FaultTranslation.Translate(http.Fault) is { } fault)
        {
            route.TypedPerFilterConfig[Listeners.HttpFilters.Fault] = Any.Pack(fault);
        }
        if (http.CorsPolicy is not null)
        {
            route.TypedPerFilterConfig[Listeners.HttpFilters.Cors] = Any.Pack(CorsTranslation.Translate(http.CorsPolicy));
        }
        if (context.Policies.Count > 0 && context.Policies[index] is { } policy)
        {
            foreach (var (filter, config) in policy.Routes)
            {
                route.TypedPerFilterConfig[filter] = config;
            }
        }
        return route;
    }

    /// <summary><c>host:port/path</c> of the one cluster; of several, or of none, the VirtualService and the declared port.</summary>
    private static string Operation(Route route, string virtualServiceName, int port)
    {
        var path = route.Match.PathSpecifierCase switch
        {
            RouteMatch.PathSpecifierOneofCase.Prefix => route.Match.Prefix + "*",
            RouteMatch.PathSpecifierOneofCase.Path => route.Match.Path,
            RouteMatch.PathSpecifierOneofCase.SafeRegex => route.Match.SafeRegex.Regex,
            _ => "/*",
        };
        return route.Route_?.Cluster is { Length: > 0 } cluster && ClusterName.TryParse(cluster, out var name)
            ? $"{name.Host}:{name.Port}{path}"
            : $"{virtualServiceName}:{port}{path}";
    }
}
