using Tidegate.Xds;

namespace Tidegate.Proxy.Compilation;

/// <summary>
/// What came of compiling one resource: what is wrong with it as a whole, which of its units were left out, and what was taken and is not acted on
/// (docs/decisions/unit-of-refusal.md).
/// </summary>
internal sealed class CompileReport
{
    private readonly List<XdsRefusedUnit> _leftOut = [];
    private readonly List<string> _notes = [];

    /// <summary>An empty report.</summary>
    /// <param name="origin">The object that the resource says it comes from; null when it does not say.</param>
    public CompileReport(string? origin = null) => Resource = new CompileUnit(this, string.Empty, origin);

    /// <summary>The resource as a whole.</summary>
    public CompileUnit Resource { get; }

    /// <summary>The place of the resource as a whole.</summary>
    public CompileScope Root => Resource.Scope;

    /// <summary>All that is wrong with the resource as a whole; empty when it can be used, if not all of its units.</summary>
    public IReadOnlyList<string> Reasons => Resource.Reasons;

    /// <summary>The units that were left out, in the order in which they were met.</summary>
    public IReadOnlyList<XdsRefusedUnit> LeftOut => _leftOut;

    /// <summary>What is taken and not acted on.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>A bug in a compiler, which cost one unit.</summary>
    public Exception? Bug { get; set; }

    /// <summary>A unit is left out.</summary>
    public void Add(XdsRefusedUnit unit) => _leftOut.Add(unit);

    /// <summary>Units of what is taken over as it was compiled before.</summary>
    public void AddRange(IEnumerable<XdsRefusedUnit> units) => _leftOut.AddRange(units);

    /// <summary>The units that were left out since there were <paramref name="count"/>.</summary>
    public IReadOnlyList<XdsRefusedUnit> LeftOutSince(int count) => _leftOut.Count == count ? [] : _leftOut[count..];

    /// <summary>Something is taken and not acted on.</summary>
    public void AddNote(string note)
    {
        if (!_notes.Contains(note))
        {
            _notes.Add(note);
        }
    }
}
