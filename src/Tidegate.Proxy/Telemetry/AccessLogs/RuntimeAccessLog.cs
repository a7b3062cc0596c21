using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.AccessLoggers.Stream.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Telemetry.AccessLogs.Filters;
using Tidegate.Proxy.Telemetry.Formatting;
using Tidegate.Xds;

// Istio and hand-written bootstraps still use the deprecated forms of the format.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Telemetry.AccessLogs;

/// <summary>
/// A compiled access log: where the lines go, which requests are logged, and how a line looks (Envoy: <c>access_log</c> of a
/// connection manager or listener). Immutable; shared by all workers, each of which writes it through its own
/// <see cref="WorkerAccessLogs"/>.
/// </summary>
public sealed class RuntimeAccessLog
{
    /// <summary>The longest line, its end included (edge.md, section 3). Values of a longer one are cut until it fits.</summary>
    public const int MaxLineBytes = 4096;

    /// <summary>Envoy's format for a log that names none.</summary>
    public const string DefaultFormat =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% "
        + "%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" "
        + "\"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

    private static readonly int[] ValueLimits = [int.MaxValue, 512, 128, 32, 8];

    private readonly LogFilter? _filter;
    private readonly TextFormat? _text;
    private readonly JsonFormat? _json;

    private RuntimeAccessLog(string path, LogFilter? filter, TextFormat? text, JsonFormat? json)
    {
        Path = path;
        _filter = filter;
        _text = text;
        _json = json;
    }

    /// <summary>The file; <c>/dev/stdout</c> and <c>/dev/stderr</c> are the process's own streams.</summary>
    public string Path { get; }

    /// <summary>Compiles a log; null with what is wrong.</summary>
    public static RuntimeAccessLog? Compile(AccessLog log, out string error)
    {
        RuntimeAccessLog? compiled = CompileUnnamed(log, out error);
        if (compiled is null)
        {
            error = $"access log {log.Name}: {error}";
        }

        return compiled;
    }

    /// <summary>Whether a request is logged.</summary>
    public bool Takes(HttpExchange exchange) => _filter is null || _filter.Takes(exchange);

    /// <summary>Writes a line with its end; returns its length, or 0 when not even cut values fit. Allocates nothing.</summary>
    public int Format(HttpExchange exchange, Span<byte> line)
    {
        foreach (int limit in ValueLimits)
        {
            var output = new FormatOutput(line, _json is null ? ValueEscaping.Text : ValueEscaping.Json, limit);
            _text?.Write(exchange, ref output);
            if (_json is not null)
            {
                _json.Write(exchange, ref output);
                output.Literal("\n"u8);
            }

            if (!output.IsFull)
            {
                return output.Length;
            }
        }

        return 0;
    }

    private static RuntimeAccessLog? CompileUnnamed(AccessLog log, out string error)
    {
        LogFilter? filter = LogFilterCompiler.Compile(log.Filter, out error);
        if (error.Length > 0)
        {
            return null;
        }

        Any? config = log.TypedConfig;
        if (config is not null && !TypedStructs.TryResolve(config, out config, out error))
        {
            error = $"typed_config: {error}";
            return null;
        }

        try
        {
            if (config?.Is(FileAccessLog.Descriptor) == true)
            {
                return CompileFile(config.Unpack<FileAccessLog>(), filter, out error);
            }

            if (config?.Is(StdoutAccessLog.Descriptor) == true)
            {
                return CompileFormat("/dev/stdout", config.Unpack<StdoutAccessLog>().LogFormat, filter, out error);
            }

            if (config?.Is(StderrAccessLog.Descriptor) == true)
            {
                return CompileFormat("/dev/stderr", config.Unpack<StderrAccessLog>().LogFormat, filter, out error);
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            error = $"typed_config: {e.Message}";
            return null;
        }

        error = $"the type {config?.TypeUrl ?? "(none)"} is not supported; there are FileAccessLog, StdoutAccessLog and StderrAccessLog";
        return null;
    }

    private static RuntimeAccessLog? CompileFile(FileAccessLog log, LogFilter? filter, out string error)
    {
        if (log.Path.Length == 0)
        {
            error = "path: is empty";
            return null;
        }

        switch (log.AccessLogFormatCase)
        {
            case FileAccessLog.AccessLogFormatOneofCase.LogFormat:
                return CompileFormat(log.Path, log.LogFormat, filter, out error);
            case FileAccessLog.AccessLogFormatOneofCase.Format:
                return CompileText(log.Path, log.Format.Length == 0 ? DefaultFormat : log.Format, false, filter, out error);
            case FileAccessLog.AccessLogFormatOneofCase.JsonFormat:
                return CompileJson(log.Path, log.JsonFormat, new Formatting.JsonFormatOptions(IsTyped: false), filter, out error);
            case FileAccessLog.AccessLogFormatOneofCase.TypedJsonFormat:
                return CompileJson(log.Path, log.TypedJsonFormat, new Formatting.JsonFormatOptions(), filter, out error);
            default:
                return CompileText(log.Path, DefaultFormat, false, filter, out error);
        }
    }

    private static RuntimeAccessLog? CompileFormat(string path, SubstitutionFormatString? format, LogFilter? filter, out string error)
    {
        // The formatters that we have are always there; the others would bring operators that we do not have.
        foreach (TypedExtensionConfig formatter in format?.Formatters ?? [])
        {
            if (formatter.Name is not ("envoy.formatter.req_without_query" or "envoy.formatter.metadata"))
            {
                error = $"formatters: \"{formatter.Name}\" is not supported";
                return null;
            }
        }

        switch (format?.FormatCase)
        {
            case SubstitutionFormatString.FormatOneofCase.TextFormat:
                return CompileText(path, format.TextFormat, format.OmitEmptyValues, filter, out error);
            case SubstitutionFormatString.FormatOneofCase.TextFormatSource:
                string? text = Read(format.TextFormatSource, out error);
                return text is null ? null : CompileText(path, text, format.OmitEmptyValues, filter, out error);
            case SubstitutionFormatString.FormatOneofCase.JsonFormat:
                var options = new Formatting.JsonFormatOptions(format.OmitEmptyValues, format.JsonFormatOptions?.SortProperties ?? false);
                return CompileJson(path, format.JsonFormat, options, filter, out error);
            default:
                return CompileText(path, DefaultFormat, format?.OmitEmptyValues ?? false, filter, out error);
        }
    }

    private static RuntimeAccessLog? CompileText(string path, string format, bool omitEmpty, LogFilter? filter, out string error)
    {
        TextFormat? text = TextFormat.Compile(format, omitEmpty, out error);
        return text is null ? null : new RuntimeAccessLog(path, filter, text, null);
    }

    private static RuntimeAccessLog? CompileJson(string path, Struct format, Formatting.JsonFormatOptions options, LogFilter? filter, out string error)
    {
        JsonFormat? json = JsonFormat.Compile(format, options, out error);
        return json is null ? null : new RuntimeAccessLog(path, filter, null, json);
    }

    private static string? Read(DataSource source, out string error)
    {
        error = string.Empty;
        switch (source.SpecifierCase)
        {
            case DataSource.SpecifierOneofCase.InlineString:
                return source.InlineString;
            case DataSource.SpecifierOneofCase.InlineBytes:
                return source.InlineBytes.ToStringUtf8();
            case DataSource.SpecifierOneofCase.EnvironmentVariable:
                return Environment.GetEnvironmentVariable(source.EnvironmentVariable) ?? string.Empty;
            case DataSource.SpecifierOneofCase.Filename:
                try
                {
                    return File.ReadAllText(source.Filename);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    error = $"text_format_source: {e.Message}";
                    return null;
                }

            default:
                error = "text_format_source: has no value";
                return null;
        }
    }
}
