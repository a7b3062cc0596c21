using Google.Protobuf;
using Google.Protobuf.Reflection;
using Tidegate.Proxy.Filters;

namespace Tidegate.Proxy.Runtime.Compilation.Filters;

/// <summary>A kind of filter and how its configurations are compiled.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Config">The message that configures it in a listener.</param>
/// <param name="Compile">Compiles that message; null when the filter itself does nothing, or the message was refused.</param>
internal sealed record HttpFilterType(
    HttpFilterKind Kind,
    MessageDescriptor Config,
    Func<IMessage, MatcherCompiler, CompileScope, HttpFilter?> Compile)
{
    /// <summary>The message that configures it in routes; null when there is none.</summary>
    public MessageDescriptor? RouteConfig { get; private init; }

    /// <summary>Compiles <see cref="RouteConfig"/>: the settings (null: the filter as it is) and whether the filter is switched off.</summary>
    public Func<IMessage, MatcherCompiler, CompileScope, (object? Settings, bool IsDisabled)>? CompileForRoute { get; private init; }

    /// <summary>A filter that listeners configure.</summary>
    public static HttpFilterType Of<T>(HttpFilterKind kind, Func<T, MatcherCompiler, CompileScope, HttpFilter?> compile)
        where T : IMessage, new() =>
        new(kind, new T().Descriptor, (message, matchers, scope) => compile((T)message, matchers, scope));

    /// <summary>The filter with a message of its own for routes.</summary>
    public HttpFilterType WithRoute<T>(Func<T, MatcherCompiler, CompileScope, (object? Settings, bool IsDisabled)> compile)
        where T : IMessage, new() =>
        this with
        {
            RouteConfig = new T().Descriptor,
            CompileForRoute = (message, matchers, scope) => compile((T)message, matchers, scope),
        };
}
