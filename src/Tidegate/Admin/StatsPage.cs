using System.Buffers;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Telemetry.Output;

namespace Tidegate.Admin;

/// <summary>The statistics of the data plane, as text, as JSON, or as Prometheus reads them.</summary>
internal static class StatsPage
{
    /// <summary>Answers <c>/stats</c>.</summary>
    public static AdminAnswer Answer(AdminContext context, IQueryCollection query) => Write(context, query, format: null);

    /// <summary>Answers <c>/stats/prometheus</c>.</summary>
    public static AdminAnswer Prometheus(AdminContext context, IQueryCollection query) => Write(context, query, "prometheus");

    private static AdminAnswer Write(AdminContext context, IQueryCollection query, string? format)
    {
        if (!StatsQuery.TryParse(QueryString.Create(query).Value ?? string.Empty, out StatsQuery parsed, out string error))
        {
            return AdminAnswer.Text(StatusCodes.Status400BadRequest, error + "\n");
        }

        StatsSnapshot snapshot = context.Proxy.Stats.Sample();
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        switch (format ?? parsed.Format)
        {
            case "json":
                StatsJson.Write(snapshot, parsed, buffer);
                return new AdminAnswer(StatusCodes.Status200OK, StatsJson.ContentType, buffer.WrittenMemory);
            case "prometheus":
                PrometheusText.Write(snapshot, parsed, buffer);
                return new AdminAnswer(StatusCodes.Status200OK, PrometheusText.ContentType, buffer.WrittenMemory);
            default:
                StatsText.Write(snapshot, parsed, buffer);
                return new AdminAnswer(StatusCodes.Status200OK, StatsText.ContentType, buffer.WrittenMemory);
        }
    }
}
