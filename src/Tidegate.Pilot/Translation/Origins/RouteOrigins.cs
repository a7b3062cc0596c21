using System.Globalization;
using System.Text.RegularExpressions;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Pilot.Translation.Routes;
using Tidegate.Pilot.Translation.VirtualServices;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Origins;

/// <summary>Which VirtualService, and which of its <c>http</c> entries, a unit of a route configuration comes from.</summary>
internal sealed partial class RouteOrigins(TranslationPass pass)
{
    public IReadOnlyList<ObjectField> Of(RouteConfiguration routes, XdsRefusedUnit unit)
    {
        var place = Place().Match(unit.Path);
        var host = place.Success ? routes.VirtualHosts.FirstOrDefault(host => host.Name == place.Groups["host"].Value) : null;
        if (host is null)
        {
            return ResourceOrigins.OfServers(pass.Gateway.ServersByRouteName.GetValueOrDefault(routes.Name) ?? []);
        }
        if (place.Groups["route"] is { Success: true } index && int.Parse(index.Value, CultureInfo.InvariantCulture) is var i && i < host.Routes.Count)
        {
            return FieldOf(host.Routes[i]) is { } field ? [field] : [];
        }
        return [.. host.Routes.Select(FieldOf).OfType<ObjectField>().Select(field => field with { Path = "spec.hosts" }).Distinct()];
    }

    private ObjectField? FieldOf(Route route)
    {
        if (ResourceOrigins.Find(ConfigPathOf(route.Metadata), pass) is not VirtualService source)
        {
            return null;
        }
        var bound = pass.VirtualServices.All.FirstOrDefault(bound => ReferenceEquals(bound.Source, source));
        for (var i = 0; bound is not null && i < bound.HttpRoutes.Count; i++)
        {
            if (Says(bound, bound.HttpRoutes[i], route))
            {
                // A delegate's routes bear the name of the VirtualService that delegates.
                return new ObjectField(bound.Origins[i].Source, $"spec.{bound.Origins[i].Path}");
            }
        }
        return new ObjectField(source, "");
    }

    private static bool Says(BoundVirtualService bound, HttpRoute http, Route route) => http.Match.Count == 0
        ? http.Name == route.Name && RouteMatchTranslation.Translate(null, bound.MatchesPathSegments).Equals(route.Match)
        : http.Match.Any(match =>
            route.Name == (match.Name.Length == 0 ? http.Name : $"{http.Name}.{match.Name}")
            && RouteMatchTranslation.Translate(match, bound.MatchesPathSegments).Equals(route.Match));

    private static string? ConfigPathOf(Metadata? metadata) =>
        metadata?.FilterMetadata.GetValueOrDefault(ConfigMetadata.Key)?.Fields.GetValueOrDefault("config")?.StringValue;

    [GeneratedRegex("^virtual_hosts\\[\"(?<host>[^\"]*)\"\\](\\.routes\\[(?<route>\\d+)\\])?")]
    private static partial Regex Place();
}
