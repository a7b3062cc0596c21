using Envoy.Extensions.Filters.Http.HealthCheck.V3;
using Tidegate.Proxy.Filters;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles the health check filter.</summary>
internal static class HealthCheckFilterCompiler
{
    /// <summary>Compiles the filter of a listener.</summary>
    public static HealthCheckFilter Compile(HealthCheck check, FilterParts parts, CompileScope scope)
    {
        bool passesThrough = check.PassThroughMode ?? false;
        scope.RefuseIf(check.PassThroughMode is null, "pass_through_mode is missing");
        scope.RefuseIf(!passesThrough && check.CacheTime is not null, "cache_time needs pass_through_mode");
        scope.RefuseIf(passesThrough && check.ClusterMinHealthyPercentages.Count > 0, "cluster_min_healthy_percentages and pass_through_mode exclude each other");
        return new HealthCheckFilter(new HealthCheckRule
        {
            Headers = [.. check.Headers.Select((header, i) => parts.Matchers.Header(header, scope.At("headers", i)))],
            PassesThrough = passesThrough,
            CacheMs = scope.At("cache_time").MillisecondsOrNull(check.CacheTime) ?? 0,
            Clusters = [.. check.ClusterMinHealthyPercentages.Select(pair => (parts.Clusters.Of(pair.Key), pair.Value.Value))],
        });
    }
}
