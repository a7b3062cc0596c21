using Envoy.Config.Accesslog.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.AccessLoggers.Stream.V3;
using Google.Protobuf.Collections;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Checks that access logs are of a kind that can be written: a file, standard output, standard error. What they say is read by Telemetry.</summary>
internal static class AccessLogCompiler
{
    /// <summary>The logs, as they were sent.</summary>
    public static IReadOnlyList<AccessLog> Compile(RepeatedField<AccessLog> logs, CompileScope scope)
    {
        for (int i = 0; i < logs.Count; i++)
        {
            bool isKnown = logs[i].TypedConfig is { } config
                && (config.Is(FileAccessLog.Descriptor) || config.Is(StdoutAccessLog.Descriptor) || config.Is(StderrAccessLog.Descriptor));
            scope.At("access_log", i).RefuseIf(!isKnown, $"access logger \"{logs[i].Name}\" is not supported");
        }

        return [.. logs];
    }
}
