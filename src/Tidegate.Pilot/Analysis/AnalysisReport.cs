using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Analysis;

/// <summary>Takes what analyzers find.</summary>
internal sealed class AnalysisReport
{
    private readonly List<Diagnostic> _found = [];

    /// <summary>All that was found so far.</summary>
    public IReadOnlyList<Diagnostic> Found => _found;

    /// <summary>Takes a finding about a field of an object. Its line is that of the field where the object has it, else the object's (cli.md, 5.3).</summary>
    /// <param name="type">What kind of finding it is.</param>
    /// <param name="resource">The object.</param>
    /// <param name="field">The field's path; empty for the whole object.</param>
    /// <param name="message">Istio's text of the kind, with what was found.</param>
    public void Add(MessageType type, Resource resource, string field, string message)
    {
        int line = field.Length > 0 ? resource.Origin.ExactLineOf(field) ?? resource.Origin.Line : resource.Origin.Line;
        _found.Add(new Diagnostic(type.Severity, type.Code, resource.Key, field, resource.Origin.File, line, message));
    }

    /// <summary>Takes a finding that is made already.</summary>
    public void Add(Diagnostic diagnostic) => _found.Add(diagnostic);

    /// <summary>That an object names something that is not there.</summary>
    public void AddNotFound(Resource resource, string field, string what, string name) =>
        Add(MessageTypes.ReferencedResourceNotFound, resource, field, $"Referenced {what} not found: {GoText.Quote(name)}");
}
