using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Rules.Formats;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>The access logs that the mesh settings ask for (spec 8.1).</summary>
internal static class AccessLogs
{
    private const string FileLogger = "envoy.access_loggers.file";

    private const string DefaultText =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% " +
        "%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% " +
        "%DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" " +
        "\"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% " +
        "%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

    private static readonly (string Key, string Operator)[] DefaultJson =
    [
        ("start_time", "%START_TIME%"),
        ("route_name", "%ROUTE_NAME%"),
        ("method", "%REQ(:METHOD)%"),
        ("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
        ("protocol", "%PROTOCOL%"),
        ("response_code", "%RESPONSE_CODE%"),
        ("response_flags", "%RESPONSE_FLAGS%"),
        ("response_code_details", "%RESPONSE_CODE_DETAILS%"),
        ("connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"),
        ("bytes_received", "%BYTES_RECEIVED%"),
        ("bytes_sent", "%BYTES_SENT%"),
        ("duration", "%DURATION%"),
        ("upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"),
        ("x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"),
        ("user_agent", "%REQ(USER-AGENT)%"),
        ("request_id", "%REQ(X-REQUEST-ID)%"),
        ("authority", "%REQ(:AUTHORITY)%"),
        ("upstream_host", "%UPSTREAM_HOST%"),
        ("upstream_cluster", "%UPSTREAM_CLUSTER_RAW%"),
        ("upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"),
        ("downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"),
        ("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
        ("requested_server_name", "%REQUESTED_SERVER_NAME%"),
        ("upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
    ];

    /// <summary>The log of every request, or null when there is none.</summary>
    public static AccessLog? ForRequests(MeshSettings mesh) =>
        mesh.AccessLogFile.Length == 0 ? null : new AccessLog { Name = FileLogger, TypedConfig = Any.Pack(FileLog(mesh)) };

    /// <summary>The listener's own log: connections for which there was no filter chain.</summary>
    public static AccessLog? ForListener(MeshSettings mesh)
    {
        var log = mesh.ListenerLogDisabled ? null : ForRequests(mesh);
        if (log is not null)
        {
            log.Filter = new AccessLogFilter { ResponseFlagFilter = new ResponseFlagFilter { Flags = { "NR" } } };
        }
        return log;
    }

    private static FileAccessLog FileLog(MeshSettings mesh)
    {
        var log = new FileAccessLog { Path = mesh.AccessLogFile };
        if (!mesh.AccessLogIsJson)
        {
            var text = HasFormat(mesh) ? mesh.AccessLogFormat : DefaultText;
            text = text.EndsWith('\n') ? text : text + "\n";
            log.LogFormat = new SubstitutionFormatString { TextFormatSource = new DataSource { InlineString = text } };
            return log;
        }
        Struct json;
        if (HasFormat(mesh))
        {
            json = Struct.Parser.ParseJson(mesh.AccessLogFormat);
        }
        else
        {
            json = new Struct();
            foreach (var (key, text) in DefaultJson)
            {
                json.Fields[key] = Value.ForString(text);
            }
        }
        log.LogFormat = new SubstitutionFormatString { JsonFormat = json };
        return log;
    }

    /// <summary>Whether there is a format of the mesh's own that can be written; instead of one that cannot the default holds, and whoever wrote it was told.</summary>
    private static bool HasFormat(MeshSettings mesh) =>
        mesh.AccessLogFormat.Length > 0 && LogFormat.Check(mesh.AccessLogFormat, mesh.AccessLogIsJson) is null;
}
