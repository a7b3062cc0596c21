using Envoy.Config.Accesslog.V3;
using Google.Protobuf.Collections;
using Tidegate.Proxy.Telemetry.AccessLogs;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Checks that access logs are of a kind, and in a format, that can be written; Telemetry says what is wrong.</summary>
internal static class AccessLogCompiler
{
    /// <summary>The logs, as they were sent.</summary>
    public static IReadOnlyList<AccessLog> Compile(RepeatedField<AccessLog> logs, CompileScope scope)
    {
        for (int i = 0; i < logs.Count; i++)
        {
            scope.At("access_log", i).RefuseIf(RuntimeAccessLog.Compile(logs[i], out string error) is null, error);
        }

        return [.. logs];
    }
}
