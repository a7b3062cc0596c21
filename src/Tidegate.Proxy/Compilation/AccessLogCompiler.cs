using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.AccessLoggers.Stream.V3;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.AccessLogs.Filters;
using Tidegate.Proxy.Formatting;
using Tidegate.Xds;

// Istio and hand-written bootstraps still use the deprecated forms of the format.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>
/// Checks that access logs are of a kind, and in a format, that can be written, and compiles them. Each log is a unit of refusal: no traffic
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
            if (CompileOne(log, out string error) is null)
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

    /// <summary>Compiles one log; null with what is wrong.</summary>
    public static RuntimeAccessLog? CompileOne(AccessLog log, out string error)
    {
        RuntimeAccessLog? compiled = CompileUnnamed(log, out error);
        if (compiled is null)
        {
            error = $"access log {log.Name}: {error}";
        }

        return compiled;
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
                return CompileText(log.Path, log.Format.Length == 0 ? RuntimeAccessLog.DefaultFormat : log.Format, false, filter, out error);
            case FileAccessLog.AccessLogFormatOneofCase.JsonFormat:
                return CompileJson(log.Path, log.JsonFormat, new Formatting.JsonFormatOptions(IsTyped: false), filter, out error);
            case FileAccessLog.AccessLogFormatOneofCase.TypedJsonFormat:
                return CompileJson(log.Path, log.TypedJsonFormat, new Formatting.JsonFormatOptions(), filter, out error);
            default:
                return CompileText(log.Path, RuntimeAccessLog.DefaultFormat, false, filter, out error);
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
                return CompileText(path, RuntimeAccessLog.DefaultFormat, format?.OmitEmptyValues ?? false, filter, out error);
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
