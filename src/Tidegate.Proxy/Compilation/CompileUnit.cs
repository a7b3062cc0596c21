using Tidegate.Xds;

namespace Tidegate.Proxy.Compilation;

/// <summary>
/// The smallest part of a resource that has an owner of its own, such as a route or a filter chain: what is found wrong in its
/// <see cref="Scope"/> costs the unit and nothing around it. Whoever begins a unit asks <see cref="IsRefused"/> at its end, finds what is in force
/// instead, and says so with <see cref="LeaveOut"/>.
/// </summary>
/// <param name="report">The report of the resource.</param>
/// <param name="path">Where the unit stands in the resource.</param>
/// <param name="origin">The object that it says it comes from; null when it does not say.</param>
internal sealed class CompileUnit(CompileReport report, string path, string? origin)
{
    private List<string>? _reasons;

    /// <summary>The report of the resource.</summary>
    public CompileReport Report { get; } = report;

    /// <summary>Where it stands in the resource.</summary>
    public string Path { get; } = path;

    /// <summary>The object that it says it comes from; null when it does not say.</summary>
    public string? Origin { get; } = origin;

    /// <summary>Where what is wrong with it is reported.</summary>
    public CompileScope Scope => new(this, Path);

    /// <summary>Whether something is wrong with it.</summary>
    public bool IsRefused => _reasons is not null;

    /// <summary>All that is wrong with it.</summary>
    public IReadOnlyList<string> Reasons => _reasons ?? (IReadOnlyList<string>)[];

    /// <summary>It is refused: tells all that is wrong with it.</summary>
    /// <param name="keepsLastGood">Whether an earlier version of it stays in force.</param>
    /// <param name="isClosed">Whether it is a guard that lets nothing through now.</param>
    /// <param name="filter">The name of the filter that it is.</param>
    public void LeaveOut(bool keepsLastGood, bool isClosed = false, string? filter = null) =>
        Report.Add(new XdsRefusedUnit(Path, string.Join("; ", Reasons), Origin, keepsLastGood) { IsClosed = isClosed, Filter = filter });

    /// <summary>A bug in a compiler costs the unit.</summary>
    public void Fail(Exception exception)
    {
        Report.Bug ??= exception;
        Scope.Refuse($"internal error: {exception.Message}");
    }

    /// <summary>Something is wrong.</summary>
    internal void Refuse(string place, string reason)
    {
        string below = place.Length > Path.Length ? place[Path.Length..].TrimStart('.') : string.Empty;
        (_reasons ??= []).Add(below.Length == 0 ? reason : $"{below}: {reason}");
    }
}
