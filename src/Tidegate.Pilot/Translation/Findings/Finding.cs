using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Translation.Findings;

/// <summary>
/// What translation found about a field of an object. It becomes a <see cref="Diagnostic"/> only when a pass is over: it may be remembered
/// over many passes, in which the object's line in its file can change.
/// </summary>
/// <param name="Severity">How bad it is. What does not work is left out, and everything else is in force; an error is what traffic is not protected by.</param>
/// <param name="Code">One of <see cref="DiagnosticCodes"/>.</param>
/// <param name="Resource">The object.</param>
/// <param name="Path">The field within <c>spec</c>, or of a kind that has none, within the object; of a ConfigMap within <c>data</c>. What begins with <c>metadata</c> is within the object.</param>
/// <param name="Message">What was found and what to do.</param>
internal sealed record Finding(Severity Severity, string Code, Resource Resource, string Path, string Message)
{
    public static Finding Warning(string code, Resource resource, string path, string message) =>
        new(Severity.Warning, code, resource, path, message);

    public static Finding Info(string code, Resource resource, string path, string message) =>
        new(Severity.Info, code, resource, path, message);

    public Diagnostic ToDiagnostic() => Diagnostic.About(Severity, Code, Resource, Field, Message);

    private string Field => Resource switch
    {
        EndpointSlice or Endpoints => Path,
        _ when Path.StartsWith("metadata.", StringComparison.Ordinal) => Path,
        ConfigMap => $"data.{Path}",
        _ => $"spec.{Path}",
    };
}
