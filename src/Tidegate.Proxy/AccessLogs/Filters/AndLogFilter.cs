using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.AccessLogs.Filters;

/// <summary>Takes what all of its filters take.</summary>
internal sealed class AndLogFilter(LogFilter[] filters) : LogFilter
{
    public override bool Takes(HttpExchange exchange)
    {
        foreach (LogFilter filter in filters)
        {
            if (!filter.Takes(exchange))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Takes what one of its filters takes.</summary>
internal sealed class OrLogFilter(LogFilter[] filters) : LogFilter
{
    public override bool Takes(HttpExchange exchange)
    {
        foreach (LogFilter filter in filters)
        {
            if (filter.Takes(exchange))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Takes everything or nothing: what a filter asks for is the same for all requests here.</summary>
internal sealed class ConstantLogFilter(bool takes) : LogFilter
{
    public override bool Takes(HttpExchange exchange) => takes;
}
