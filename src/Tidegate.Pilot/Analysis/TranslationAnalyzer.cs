using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Analysis;

/// <summary>What translating the objects finds: what does not go together, or what the proxy does not act on. Istio has no analyzer for it.</summary>
internal static class TranslationAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        var input = new TranslationInput(snapshot.Valid) { Node = snapshot.Node };
        foreach (Diagnostic diagnostic in new Translator().Translate(input).Diagnostics)
        {
            report.Add(diagnostic);
        }
    }
}
