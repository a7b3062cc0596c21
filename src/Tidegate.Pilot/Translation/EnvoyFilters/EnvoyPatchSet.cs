using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Validation;
using Tidegate.Rules.Formats;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// The patches for this gateway, in the order in which they are applied (spec 2.7): by priority, those of the root namespace before those of
/// the gateway's own, oldest first. A patch that cannot be applied is a finding, and costs only itself.
/// </summary>
internal sealed class EnvoyPatchSet
{
    private const int MaxVersionExpression = 1024;

    private readonly ILookup<EnvoyApplyTo, EnvoyPatch> _patches;

    /// <summary>Selects and reads the patches.</summary>
    /// <param name="filters">All EnvoyFilters, oldest first.</param>
    /// <param name="node">The gateway.</param>
    /// <param name="mesh">Mesh settings.</param>
    /// <param name="features">What the proxy has.</param>
    public EnvoyPatchSet(IEnumerable<EnvoyFilter> filters, ProxyNode node, MeshSettings mesh, ProxyFeatures features)
    {
        var findings = new List<Finding>();
        var version = node.Metadata.GetValueOrDefault("ISTIO_VERSION") ?? (mesh.CompatibilityVersion == CompatibilityVersion.Istio1_16 ? "1.16.0" : "1.30.3");
        _patches = filters
            .Where(filter => filter.Namespace == mesh.RootNamespace || filter.Namespace == node.Namespace)
            .Where(filter => !filter.Spec.HasTargets && node.IsSelectedBy(filter.Spec.WorkloadSelector))
            .OrderBy(filter => filter.Spec.Priority)
            .ThenBy(filter => filter.Namespace != mesh.RootNamespace)
            .SelectMany(filter => filter.Spec.ConfigPatches.Select((patch, index) => new EnvoyPatch(filter, index, patch, null)))
            .Where(patch => patch.Patch.Match?.Context is null or EnvoyPatchContext.Any or EnvoyPatchContext.Gateway)
            .Where(patch => IsFor(patch, node, version, findings))
            .Select(patch => Read(patch, features, findings))
            .OfType<EnvoyPatch>()
            .ToLookup(patch => patch.Patch.ApplyTo);
        Findings = findings;
    }

    /// <summary>What is wrong with patches.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>Whether nothing is to be done.</summary>
    public bool IsEmpty => _patches.Count == 0;

    /// <summary>The names of filters that keep requests or connections out and let nothing through, because of what was found.</summary>
    public IEnumerable<string> ClosedGuards => All.SelectMany(patch => patch.ClosedGuards).Distinct();

    /// <summary>All patches.</summary>
    public IEnumerable<EnvoyPatch> All => _patches.SelectMany(patches => patches);

    /// <summary>The patches of one kind of thing.</summary>
    public IEnumerable<EnvoyPatch> Of(EnvoyApplyTo applyTo) => _patches[applyTo];

    /// <summary>Whether there are patches of some of these kinds.</summary>
    public bool HasAny(params ReadOnlySpan<EnvoyApplyTo> kinds)
    {
        foreach (var kind in kinds)
        {
            if (_patches.Contains(kind))
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsFor(EnvoyPatch patch, ProxyNode node, string version, List<Finding> findings)
    {
        if (patch.Patch.Match is not { } match)
        {
            return true;
        }
        if (match.ProxyMetadata.Any(pair => node.Metadata.GetValueOrDefault(pair.Key) != pair.Value))
        {
            return false;
        }
        if (match.ProxyVersion.Length == 0)
        {
            return true;
        }
        try
        {
            return match.ProxyVersion.Length <= MaxVersionExpression && Regex.IsMatch(version, match.ProxyVersion, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            findings.Add(Broken(patch, $"configPatches[{patch.Index}].match.proxy.proxyVersion", $"is no expression that can be matched: {e.Message}"));
            return false;
        }
    }

    private static EnvoyPatch? Read(EnvoyPatch patch, ProxyFeatures features, List<Finding> findings)
    {
        var path = $"configPatches[{patch.Index}]";
        if (PatchValue.TypeOf(patch.Patch.ApplyTo) is not { } type)
        {
            findings.Add(Broken(patch, $"{path}.applyTo", patch.Patch.ApplyTo == EnvoyApplyTo.Invalid
                ? "is missing"
                : "cannot be patched here: what can are listeners, filters, route configurations, virtual hosts, routes and clusters"));
            return null;
        }
        if (patch.Patch.Operation is EnvoyPatchOperation.Invalid)
        {
            findings.Add(Broken(patch, $"{path}.patch.operation", "is missing"));
            return null;
        }
        if (PatchOperations.NeverApplies(patch) is { } reason)
        {
            findings.Add(Broken(patch, $"{path}.patch.operation", reason));
            return null;
        }
        if (patch.Patch.Operation is EnvoyPatchOperation.Remove)
        {
            return patch;
        }
        if (patch.Patch.Value is not { } json)
        {
            findings.Add(Broken(patch, $"{path}.patch.value", "is missing; only REMOVE needs none"));
            return null;
        }
        if (PatchValue.Read(json, type, out var unreadable) is not { } written)
        {
            findings.Add(Broken(patch, patch.ValuePath, unreadable));
            return null;
        }
        IReadOnlyList<string> closed = [];
        if (features.Fields is { } fields && !Prune(patch, written, type, fields, findings, out closed))
        {
            return null;
        }
        var value = PatchValue.Parse(written, type, out var error);
        if (value is null)
        {
            findings.Add(Broken(patch, InValue(patch, error.Field), error.Reason));
            return null;
        }
        if (PatchRules.Check(value, Wholeness.Part) is var (place, problem))
        {
            findings.Add(Broken(patch, place.Length == 0 ? patch.ValuePath : $"{patch.ValuePath}.{place}", problem));
            return null;
        }
        if (patch.Operation == EnvoyPatchOperation.Add && NameOf(value) is "")
        {
            findings.Add(Broken(patch, $"{patch.ValuePath}.name", "is missing: what is added needs one"));
            return null;
        }
        if (patch.Operation == EnvoyPatchOperation.Add && value is Envoy.Config.Listener.V3.Listener listener && (listener.Address is null || (listener.FilterChains.Count == 0 && listener.DefaultFilterChain is null)))
        {
            findings.Add(Broken(patch, $"{patch.ValuePath}.{(listener.Address is null ? "address" : "filter_chains")}", "is missing: a listener has one"));
            return null;
        }
        if (patch.Operation is EnvoyPatchOperation.Add or EnvoyPatchOperation.Replace && value is Envoy.Config.Route.V3.VirtualHost { Domains.Count: 0 })
        {
            findings.Add(Broken(patch, $"{patch.ValuePath}.domains", "is missing: a virtual host has one at least"));
            return null;
        }
        if (FormatString.Describe(LogFormat.WithoutValue(json, isJson: true)) is { } withoutValue)
        {
            findings.Add(Finding.Warning(DiagnosticCodes.NotYetActedOn, patch.Source, patch.ValuePath, withoutValue));
        }
        return patch with { Value = value, ClosedGuards = closed };
    }

    // Takes out what the proxy does not act on. False: nothing is left.
    private static bool Prune(EnvoyPatch patch, JsonObject value, MessageDescriptor type, FieldTable fields, List<Finding> findings, out IReadOnlyList<string> closed)
    {
        var pruning = new PatchPruning(fields);
        var isKept = pruning.Prune(value, type, isMerged: patch.Merges);
        closed = [.. pruning.Removed.Select(field => field.Closed?.Name).OfType<string>().Select(name => name.Length > 0 ? name : patch.FilterName)];
        foreach (var field in pruning.Removed)
        {
            if (field.Closed is { } guard)
            {
                findings.Add(new Finding(
                    Severity.Error, DiagnosticCodes.GuardUnusable, patch.Source, InValue(patch, field.Path), $"{field.Reason}; {guard.Consequence}, unless an earlier version of it can be used"));
                continue;
            }
            var whole = field.LeftOut.Length == 0 ? "the patch" : field.LeftOut == field.Path ? "it" : field.LeftOut;
            var message = $"{field.Reason}; {whole} is left out{(field.MayProtect ? ", and traffic is not protected by it" : "")}";
            var code = field.LeftOut == field.Path ? DiagnosticCodes.NotYetActedOn : DiagnosticCodes.PatchBroken;
            findings.Add(new Finding(field.MayProtect ? Severity.Error : Severity.Warning, code, patch.Source, InValue(patch, field.Path), message));
        }
        return isKept;
    }

    private static string InValue(EnvoyPatch patch, string field) => field.Length == 0 ? patch.ValuePath : $"{patch.ValuePath}.{field}";

    /// <summary>The name of what has to have one to be sent.</summary>
    private static string? NameOf(IMessage value) => value switch
    {
        Envoy.Config.Listener.V3.Listener listener => listener.Name,
        Envoy.Config.Cluster.V3.Cluster cluster => cluster.Name,
        Envoy.Config.Route.V3.VirtualHost host => host.Name,
        _ => null,
    };

    private static Finding Broken(EnvoyPatch patch, string path, string message) =>
        Finding.Warning(DiagnosticCodes.PatchBroken, patch.Source, path, $"{message}; the patch is left out");
}
