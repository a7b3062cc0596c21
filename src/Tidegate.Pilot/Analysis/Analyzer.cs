namespace Tidegate.Pilot.Analysis;

/// <summary>A check over all objects at one moment. Pure: the same objects give the same findings.</summary>
/// <param name="Name">Istio's name of it, by which <c>--analyzer</c> chooses it.</param>
/// <param name="Description">What it checks.</param>
/// <param name="Analyze">Reports what it finds.</param>
/// <param name="Scope">What it needs to judge.</param>
internal sealed record Analyzer(
    string Name, string Description, Action<AnalysisSnapshot, AnalysisReport> Analyze, AnalyzerScope Scope = AnalyzerScope.Everywhere);

/// <summary>Where an analyzer runs.</summary>
internal enum AnalyzerScope
{
    /// <summary>On files and in a running gateway.</summary>
    Everywhere,

    /// <summary>On files alone: a running gateway has said it when it read or translated them.</summary>
    Files,

    /// <summary>In a running gateway alone: files do not say where requests really go.</summary>
    Gateway,
}
