using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>What is found in one object while it is validated: all of it, in the order in which it is looked at.</summary>
internal sealed class Findings(Resource resource)
{
    /// <summary>The code of an error that has no code of its own.</summary>
    public const string InvalidSpec = "invalid-spec";

    /// <summary>The code of a warning that has no code of its own.</summary>
    public const string DoubtfulSpec = "doubtful-spec";

    private readonly List<Diagnostic> _all = [];

    /// <summary>All that was found.</summary>
    public IReadOnlyList<Diagnostic> All => _all;

    /// <summary>The object cannot be taken.</summary>
    public void Error(string field, string message) => _all.Add(Diagnostic.About(Severity.Error, InvalidSpec, resource, field, message));

    /// <summary>The object can be taken, and does not do what it seems to.</summary>
    public void Warn(string field, string message, string code = DoubtfulSpec) =>
        _all.Add(Diagnostic.About(Severity.Warning, code, resource, field, message));

    /// <summary>An error when there is a problem.</summary>
    public void Check(string field, string? problem)
    {
        if (problem is not null)
        {
            Error(field, problem);
        }
    }
}
