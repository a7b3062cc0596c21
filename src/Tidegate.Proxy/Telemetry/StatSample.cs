namespace Tidegate.Proxy.Telemetry;

/// <summary>One statistic at one time.</summary>
/// <param name="Scope">Its scope.</param>
/// <param name="Name">Its name below the scope.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Value">The value of a counter or gauge.</param>
/// <param name="IsUsed">Whether it was ever written.</param>
public readonly record struct StatSample(StatScope Scope, StatName Name, StatKind Kind, long Value, bool IsUsed)
{
    /// <summary>The value as it is told: of 64 bits without a sign, as Envoy's.</summary>
    public ulong Number => (ulong)Value;

    /// <summary>The value of a histogram.</summary>
    public HistogramSnapshot? Histogram { get; init; }

    /// <summary>The value of a text.</summary>
    public string? Text { get; init; }

    /// <summary>The whole name, as <c>/stats</c> has it.</summary>
    public string FullName => Scope.Prefix + Name.Name + Scope.Suffix;
}

/// <summary>All statistics at one time, in no order.</summary>
/// <param name="Samples">The statistics.</param>
/// <param name="TagStyle">Which names tags have in Prometheus text.</param>
public sealed record StatsSnapshot(IReadOnlyList<StatSample> Samples, TagStyle TagStyle);
