using System.Collections.Frozen;
using Envoy.Extensions.Filters.Http.GrpcStats.V3;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles which gRPC calls are counted.</summary>
internal static class GrpcStatsCompiler
{
    /// <summary>What the chain's first filter of that kind says; null when there is none.</summary>
    public static GrpcStatsPolicy? Compile(IReadOnlyList<RuntimeHttpFilter> filters) =>
        filters.FirstOrDefault(static filter => filter is { Kind: HttpFilterKind.GrpcStats, IsDisabled: false })?.Config is not FilterConfig config ? null : new GrpcStatsPolicy
        {
            NamesAll = config.StatsForAllMethods ?? false,
            Named = config.IndividualMethodStatsAllowlist?.Services.SelectMany(static service => service.MethodNames.Select(method => $"{service.Name}/{method}")).ToFrozenSet() ?? FrozenSet<string>.Empty,
            ReplacesDots = config.ReplaceDotsInGrpcServiceName,
        };
}
