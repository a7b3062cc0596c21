namespace Tidegate.Proxy.Clusters.Balancing;

/// <summary>
/// How the share of an endpoint that has just become healthy grows to its full one (Envoy: <c>SlowStartConfig</c>; Istio: <c>warmup</c>).
/// </summary>
/// <param name="WindowMs">How long it grows, milliseconds.</param>
/// <param name="Aggression">1 grows linearly; more grows faster at first.</param>
/// <param name="MinWeightPercent">What the share is at least, in percent of the full one.</param>
public sealed record SlowStart(long WindowMs, double Aggression, double MinWeightPercent)
{
    /// <summary>What an endpoint's weight is multiplied with.</summary>
    /// <param name="healthyForMs">How long it has been healthy, milliseconds.</param>
    public double FactorAt(long healthyForMs)
    {
        if (healthyForMs >= WindowMs)
        {
            return 1;
        }

        double part = Math.Max(1, healthyForMs) / (double)WindowMs;
        return Math.Max(Aggression == 1 ? part : Math.Pow(part, 1 / Aggression), MinWeightPercent / 100);
    }
}
