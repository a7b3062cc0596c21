using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Sources.Reading;

/// <summary>What is found while one object is read.</summary>
internal sealed class ReadingContext(string file, ResourceKey key, List<Diagnostic> diagnostics)
{
    /// <summary>Whether the object cannot be taken.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Something is wrong.</summary>
    public void Error(string field, int line, string message)
    {
        HasErrors = true;
        diagnostics.Add(new Diagnostic(Severity.Error, "invalid-field", key, field, file, line, message));
    }

    /// <summary>Something has no effect.</summary>
    public void Warning(string code, string field, int line, string message) =>
        diagnostics.Add(new Diagnostic(Severity.Warning, code, key, field, file, line, message));
}
