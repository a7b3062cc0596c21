namespace Tidegate.Pilot.Translation.Passes;

/// <summary>One step of translation: reads what earlier steps left in the pass, and leaves its own result there.</summary>
/// <param name="Name">What it makes.</param>
/// <param name="Run">Makes it.</param>
internal sealed record TranslationStep(string Name, Action<TranslationPass> Run);
