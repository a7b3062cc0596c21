using Envoy.Config.Accesslog.V3;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Telemetry.Formatting;

namespace Tidegate.Proxy.Telemetry.AccessLogs;

/// <summary>Which requests a log takes (Envoy: <c>AccessLogFilter</c>).</summary>
internal abstract class LogFilter
{
    /// <summary>Whether the request is logged.</summary>
    public abstract bool Takes(HttpExchange exchange);

    /// <summary>Compiles a filter; null with an error, or without one when there is no filter.</summary>
    public static LogFilter? Compile(AccessLogFilter? filter, out string error)
    {
        error = string.Empty;
        switch (filter?.FilterSpecifierCase)
        {
            case null or AccessLogFilter.FilterSpecifierOneofCase.None:
                return null;
            case AccessLogFilter.FilterSpecifierOneofCase.ResponseFlagFilter:
                return ResponseFlagLogFilter.Compile(filter.ResponseFlagFilter, out error);
            case AccessLogFilter.FilterSpecifierOneofCase.StatusCodeFilter when filter.StatusCodeFilter.Comparison?.Value is not null:
                return new StatusCodeLogFilter(filter.StatusCodeFilter.Comparison.Op, filter.StatusCodeFilter.Comparison.Value.DefaultValue);
            default:
                error = $"the filter {filter.FilterSpecifierCase} is not supported; there are response_flag_filter and status_code_filter";
                return null;
        }
    }
}

/// <summary>Takes requests that have one of some response flags; any flag when none is named.</summary>
internal sealed class ResponseFlagLogFilter(ResponseFlags flags) : LogFilter
{
    public static ResponseFlagLogFilter? Compile(ResponseFlagFilter filter, out string error)
    {
        error = string.Empty;
        ResponseFlags flags = filter.Flags.Count == 0 ? (ResponseFlags)(-1) : ResponseFlags.None;
        foreach (string name in filter.Flags)
        {
            if (!ResponseFlagNames.TryFind(name, out ResponseFlags flag))
            {
                error = $"response_flag_filter: the response flag \"{name}\" is not known";
                return null;
            }

            flags |= flag;
        }

        return new ResponseFlagLogFilter(flags);
    }

    public override bool Takes(HttpExchange exchange) => (exchange.Flags & flags) != 0;
}

/// <summary>Takes requests by comparing their status; one that got none counts as 0.</summary>
internal sealed class StatusCodeLogFilter(ComparisonFilter.Types.Op op, uint value) : LogFilter
{
    public override bool Takes(HttpExchange exchange) => op switch
    {
        ComparisonFilter.Types.Op.Ge => exchange.ResponseStatus >= value,
        ComparisonFilter.Types.Op.Le => exchange.ResponseStatus <= value,
        _ => exchange.ResponseStatus == value,
    };
}
