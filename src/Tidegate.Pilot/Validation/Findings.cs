using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>What is found in one object while it is validated: all of it, in the order in which it is looked at.</summary>
/// <param name="resource">The object.</param>
/// <param name="maxFindings">How many are told: a list of thousands of hosts that all are wrong is one mistake, and each finding has to find its line.</param>
internal sealed class Findings(Resource resource, int maxFindings)
{
    /// <summary>The code of an error that has no code of its own.</summary>
    public const string InvalidSpec = "invalid-spec";

    /// <summary>The code of a warning that has no code of its own.</summary>
    public const string DoubtfulSpec = "doubtful-spec";

    private readonly List<Diagnostic> _all = [];
    private int _count;
    private bool _hasErrors;

    /// <summary>All that was found.</summary>
    public IReadOnlyList<Diagnostic> All => _all;

    /// <summary>The object cannot be taken.</summary>
    public void Error(string field, string message) => Add(Severity.Error, InvalidSpec, field, message);

    /// <summary>The object can be taken, and does not do what it seems to.</summary>
    public void Warn(string field, string message, string code = DoubtfulSpec) =>
        Add(Severity.Warning, code, field, message);

    /// <summary>An error when there is a problem.</summary>
    public void Check(string field, string? problem)
    {
        if (problem is not null)
        {
            Error(field, problem);
        }
    }

    private void Add(Severity severity, string code, string field, string message)
    {
        // The first error is never left out: it is why the object is not taken.
        bool isFirstError = severity == Severity.Error && !_hasErrors;
        _hasErrors |= isFirstError;
        if (++_count < maxFindings || isFirstError)
        {
            _all.Add(Diagnostic.About(severity, code, resource, field, message));
        }
        else if (_count == maxFindings)
        {
            _all.Add(Diagnostic.About(Severity.Warning, code, resource, string.Empty, $"has {maxFindings} findings or more; no more are shown"));
        }
    }
}
