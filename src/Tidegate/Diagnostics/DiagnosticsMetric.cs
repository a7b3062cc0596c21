using Tidegate.Pilot.Analysis;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Diagnostics;

/// <summary>Counts what there is to say of the configuration: <c>tidegate_diagnostics{severity,code,kind}</c>, in <c>/stats</c> <c>tidegate.diagnostics.SEVERITY.CODE.KIND</c>.</summary>
internal sealed class DiagnosticsMetric
{
    private readonly GatewayAnalysis _analysis;
    private readonly LabelledGauge _gauge;

    /// <summary>Begins to count.</summary>
    public DiagnosticsMetric(GatewayAnalysis analysis, StatsStore stats)
    {
        _analysis = analysis;
        _gauge = new LabelledGauge(stats, "tidegate", "diagnostics");

        // An object that is refused changes what there is to say and brings nothing into force: it is counted when the statistics are asked for.
        stats.AddSampler(Update);
    }

    private void Update() => _gauge.Set(_analysis.Diagnostics
        .GroupBy(diagnostic => (diagnostic.Severity, diagnostic.Code, Kind: diagnostic.Resource?.Kind ?? string.Empty))
        .Select(group => ((IReadOnlyList<StatTag>)
            [
                new StatTag("severity", group.Key.Severity.ToString().ToLowerInvariant()),
                new StatTag("code", group.Key.Code),
                new StatTag("kind", group.Key.Kind),
            ],
            (long)group.Count())));
}
