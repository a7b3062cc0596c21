using Envoy.Config.Core.V3;
using Envoy.Type.V3;
using static Envoy.Type.V3.FractionalPercent.Types;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>Percentages as Envoy's fractions.</summary>
internal static class FractionalPercents
{
    /// <summary>A percentage with fractions of a percent: in millionths, the rest cut off.</summary>
    public static FractionalPercent OfDouble(double percent) =>
        new() { Numerator = (uint)(percent * 10_000), Denominator = DenominatorType.Million };

    /// <summary>A whole percentage.</summary>
    public static FractionalPercent OfInteger(long percent) => new() { Numerator = (uint)percent, Denominator = DenominatorType.Hundred };

    /// <summary>As a value that runtime keys could override; we name none.</summary>
    public static RuntimeFractionalPercent AsRuntime(this FractionalPercent percent) => new() { DefaultValue = percent };
}
