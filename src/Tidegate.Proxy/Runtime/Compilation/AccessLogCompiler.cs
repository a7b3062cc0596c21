using Envoy.Config.Accesslog.V3;
using Google.Protobuf.Collections;
using Tidegate.Proxy.Telemetry.AccessLogs;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>
/// Checks that access logs are of a kind, and in a format, that can be written; Telemetry says what is wrong. Each log is a unit of refusal: no traffic
/// depends on one.
/// </summary>
internal static class AccessLogCompiler
{
    /// <summary>The logs that can be written, as they were sent; in the place of one that cannot, its last good version.</summary>
    /// <param name="logs">The logs.</param>
    /// <param name="scope">Where they stand.</param>
    /// <param name="before">Earlier versions of the list; the newest first.</param>
    public static IReadOnlyList<AccessLog> Compile(RepeatedField<AccessLog> logs, CompileScope scope, IEnumerable<IReadOnlyList<AccessLog>> before)
    {
        List<AccessLog> compiled = [];
        for (int i = 0; i < logs.Count; i++)
        {
            AccessLog? log = logs[i];
            if (RuntimeAccessLog.Compile(log, out string error) is null)
            {
                CompileUnit unit = scope.At("access_log", i).BeginUnit();
                unit.Scope.Refuse(error);
                string name = log.Name;
                log = before.Select(list => list.ElementAtOrDefault(i)).FirstOrDefault(known => known?.Name == name);
                unit.LeaveOut(log is not null);
            }

            if (log is not null)
            {
                compiled.Add(log);
            }
        }

        return compiled;
    }
}
