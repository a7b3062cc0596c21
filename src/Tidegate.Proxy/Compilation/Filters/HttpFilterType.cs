using Google.Protobuf;
using Google.Protobuf.Reflection;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>What filters' configurations refer to.</summary>
/// <param name="Matchers">Compiles conditions.</param>
/// <param name="Clusters">The places of clusters.</param>
/// <param name="RateLimits">Compiles how requests are described to rate limits.</param>
internal sealed record FilterParts(MatcherCompiler Matchers, ClusterSlotTable Clusters, RateLimitCompiler RateLimits)
{
    /// <summary>The parts of one process.</summary>
    /// <param name="clusters">The places of clusters.</param>
    /// <param name="repeatedHeaders">What a repeated field is matched as.</param>
    /// <param name="ownCluster">What the gateway itself is called (Envoy: <c>node.cluster</c>).</param>
    public static FilterParts Of(ClusterSlotTable clusters, RepeatedHeaderMode repeatedHeaders = default, string ownCluster = "")
    {
        var matchers = new MatcherCompiler(repeatedHeaders);
        return new FilterParts(matchers, clusters, new RateLimitCompiler(matchers, ownCluster));
    }
}

/// <summary>A kind of filter and how its configurations are compiled.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Config">The message that configures it in a listener.</param>
/// <param name="Compile">Compiles that message; null when the filter itself does nothing, or the message was refused.</param>
internal sealed record HttpFilterType(
    HttpFilterKind Kind,
    MessageDescriptor Config,
    Func<IMessage, FilterParts, CompileScope, HttpFilter?> Compile)
{
    /// <summary>The message that configures it in routes; null when there is none.</summary>
    public MessageDescriptor? RouteConfig { get; private init; }

    /// <summary>Compiles <see cref="RouteConfig"/>: the settings (null: the filter as it is) and whether the filter is switched off.</summary>
    public Func<IMessage, FilterParts, CompileScope, (object? Settings, bool IsDisabled)>? CompileForRoute { get; private init; }

    /// <summary>A filter that listeners configure.</summary>
    public static HttpFilterType Of<T>(HttpFilterKind kind, Func<T, FilterParts, CompileScope, HttpFilter?> compile)
        where T : IMessage, new() =>
        new(kind, new T().Descriptor, (message, parts, scope) => compile((T)message, parts, scope));

    /// <summary>The filter with a message of its own for routes.</summary>
    public HttpFilterType WithRoute<T>(Func<T, FilterParts, CompileScope, (object? Settings, bool IsDisabled)> compile)
        where T : IMessage, new() =>
        this with
        {
            RouteConfig = new T().Descriptor,
            CompileForRoute = (message, parts, scope) => compile((T)message, parts, scope),
        };
}
