using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Origins;
using Tidegate.Pilot.Validation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Snapshots;

/// <summary>
/// What the proxy refuses at present, resource by resource, and what that means for the users' objects. A resource that is not sent again is still refused
/// as it was.
/// </summary>
internal sealed class ProxyRefusals
{
    private readonly Dictionary<XdsName, XdsRejection> _rejections = [];

    /// <summary>Takes in what came of a delta.</summary>
    public void Update(XdsDelta delta, IReadOnlyList<XdsRejection> rejections)
    {
        foreach (var name in delta.Changed.Select(static resource => resource.Name).Concat(delta.Removed))
        {
            _rejections.Remove(name);
        }
        foreach (var rejection in rejections)
        {
            _rejections[rejection.Name] = rejection;
        }
    }

    /// <summary>What is to be said about it, once for each field of a user's object.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics(ResourceOrigins? origins)
    {
        if (_rejections.Count == 0)
        {
            return [];
        }
        var diagnostics = new List<Diagnostic>();
        foreach (var rejection in _rejections.Values)
        {
            foreach (var unit in rejection.Units.Where(unit => origins?.IsTold(unit) != true))
            {
                var message = $"the proxy refuses {WhatIsRefused(unit.Path)}: {unit.Reason}; {ConsequenceOf(rejection, unit)}";
                var fields = origins?.Of(rejection.Name, unit) ?? [];
                diagnostics.AddRange(fields.Select(field => Diagnostic.About(Severity.Error, DiagnosticCodes.RefusedByProxy, field.Resource, field.Path, message)));
                if (fields.Count == 0)
                {
                    // Nobody's in particular: what is always there.
                    diagnostics.Add(new Diagnostic(Severity.Error, DiagnosticCodes.RefusedByProxy, null, unit.Path, rejection.Name.ToString(), 0, message));
                }
            }
        }
        return [.. diagnostics.Distinct()];
    }

    // A field by its name; what is a member of a list, or all there is, by the object that it comes from.
    private static string WhatIsRefused(string path) =>
        path.Length == 0 || path.EndsWith(']') ? "it" : $"its {path[(path.LastIndexOf('.') + 1)..]}";

    private static string ConsequenceOf(XdsRejection rejection, XdsRefusedUnit unit)
    {
        var type = rejection.Name.TypeUrl;
        return unit switch
        {
            { KeepsLastGood: true } => "its last good version stays in force",
            { IsClosed: true } => "requests that it guards are answered with 503",
            _ when type == XdsTypes.Route && (rejection.IsWhole || unit.Path.EndsWith(']')) => "requests for it are answered with 503",
            _ when type == XdsTypes.Cluster => "requests for it are answered with 503",
            _ when type == XdsTypes.Listener && rejection.IsWhole && unit.Path.Length == 0 => "its port is not open",
            _ when type == XdsTypes.Listener && IsChain(unit.Path) => "its connections are closed",
            _ when type == XdsTypes.Secret => "TLS connections that need it fail",
            _ => "it is left out",
        };
    }

    private static bool IsChain(string path) => path.StartsWith("filter_chains[", StringComparison.Ordinal) && path.EndsWith(']') && path.IndexOf('.', StringComparison.Ordinal) < 0;
}
