using Envoy.Config.Accesslog.V3;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.AccessLogs.Filters;

/// <summary>Takes requests by comparing their status; one that got none counts as 0.</summary>
internal sealed class StatusCodeLogFilter(ComparisonFilter.Types.Op op, uint value) : LogFilter
{
    public override bool Takes(HttpExchange exchange) => Comparison.Holds(exchange.ResponseStatus, op, value);
}

/// <summary>Takes requests by comparing how long they took, in milliseconds; none that is not over.</summary>
internal sealed class DurationLogFilter(ComparisonFilter.Types.Op op, uint valueMs) : LogFilter
{
    public override bool Takes(HttpExchange exchange) =>
        exchange.EndUs > 0 && exchange.StartUs > 0 && Comparison.Holds((exchange.EndUs - exchange.StartUs) / 1000, op, valueMs);
}

/// <summary>Envoy: <c>ComparisonFilter</c>.</summary>
internal static class Comparison
{
    /// <summary>Whether a number stands so to a value.</summary>
    public static bool Holds(long number, ComparisonFilter.Types.Op op, uint value) => op switch
    {
        ComparisonFilter.Types.Op.Ge => number >= value,
        ComparisonFilter.Types.Op.Le => number <= value,
        _ => number == value,
    };
}
