using Tidegate.Proxy.AccessLogs.Filters;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.AccessLogs;

/// <summary>
/// A compiled access log: where the lines go, which requests are logged, and how a line looks (Envoy: <c>access_log</c> of a
/// connection manager or listener). Immutable; shared by all workers, each of which writes it through its own
/// <see cref="WorkerAccessLogs"/>.
/// </summary>
public sealed class RuntimeAccessLog
{
    /// <summary>Envoy's format for a log that names none.</summary>
    public const string DefaultFormat =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% "
        + "%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" "
        + "\"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

    private static readonly int[] ValueLimits = [int.MaxValue, 512, 128, 32, 8];

    private readonly LogFilter? _filter;
    private readonly TextFormat? _text;
    private readonly JsonFormat? _json;

    /// <summary>A log in one of both formats.</summary>
    internal RuntimeAccessLog(string path, LogFilter? filter, TextFormat? text, JsonFormat? json)
    {
        Path = path;
        _filter = filter;
        _text = text;
        _json = json;
    }

    /// <summary>The file; <c>/dev/stdout</c> and <c>/dev/stderr</c> are the process's own streams.</summary>
    public string Path { get; }

    /// <summary>Whether a request is logged.</summary>
    public bool Takes(HttpExchange exchange) => _filter is null || _filter.Takes(exchange);

    /// <summary>
    /// Writes a line with its end. Values of one that does not fit are cut until it does (edge.md, S17). Returns its length, or 0 when not even cut values fit. Allocates
    /// nothing.
    /// </summary>
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
}
