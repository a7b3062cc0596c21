namespace Tidegate.Rules.Values;

/// <summary>What a share may be. Each check gives null, or what is wrong, in Istio's words.</summary>
public static class PercentRules
{
    /// <summary>The least share above none that Envoy's fractions tell from none: a millionth.</summary>
    private const double Least = 0.0001;

    /// <summary>A whole percentage.</summary>
    public static string? Check(long percent) => percent is >= 0 and <= 100 ? null : $"percentage {percent} is not in range 0..100";

    /// <summary>Whether a percentage is none, or from a millionth to all.</summary>
    public static bool IsShare(double percent) => percent is 0 or (>= Least and <= 100);
}
