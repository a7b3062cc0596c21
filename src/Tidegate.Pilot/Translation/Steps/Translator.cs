using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Mesh;
using Tidegate.Pilot.Translation.Origins;
using Tidegate.Pilot.Translation.Passes;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>
/// Turns objects into the configuration of a gateway proxy. A pure function with a memory: the result depends only on the input, and what
/// does not depend on what changed since the last call is the same instance again (so a change among 10,000 VirtualServices costs little
/// more than that VirtualService). Bad input gives diagnostics, never an exception. For one caller at a time.
/// </summary>
public sealed class Translator
{
    /// <summary>What is done, in order.</summary>
    private static readonly TranslationStep[] Steps =
    [
        new("the Services by which clients reach the gateway", GatewayStep.FindServices),
        new("one gateway of all Gateways that select the proxy", GatewayStep.Merge),
        new("the services of the mesh, by host", ServiceStep.Index),
        new("the DestinationRule of each service", ServiceStep.IndexRules),
        new("where endpoints come from", ServiceStep.IndexEndpoints),
        new("clusters and their endpoints", ClusterStep.Translate),
        new("VirtualServices with whole names, by Gateway", RouteStep.Index),
        new("which SecurityPolicy counts where", SecurityPolicyStep.Attach),
        new("route configurations", RouteStep.Translate),
        new("who may send requests", SecurityStep.Translate),
        new("listeners", ListenerStep.Translate),
        new("what SecurityPolicies need and cannot do", SecurityPolicyStep.Collect),
        new("what EnvoyFilters make of it", EnvoyFilterStep.Apply),
        new("the secrets that clusters and listeners ask for", SecretStep.Translate),
        new("what does not work as it is written", FindingStep.Collect),
    ];

    private readonly EffectiveSettings _settings = new();
    private readonly DiscoveryScope _scope = new();
    private TranslationMemory _memory = new();
    private TranslationInput? _last;

    /// <summary>Translates all objects.</summary>
    public TranslationResult Translate(TranslationInput input)
    {
        input = _settings.Resolve(input);
        ObjectSet all = input.Objects;
        input = input with { Objects = _scope.Apply(input, _settings.Source, out IReadOnlyList<Finding> scopeFindings) };
        if (_last is not null && (_last.Node != input.Node || _last.Mesh != input.Mesh || !ReferenceEquals(_last.Features, input.Features)))
        {
            _memory = new TranslationMemory();
        }
        _last = input;
        try
        {
            return Run(input, all, [.. _settings.Findings, .. scopeFindings]);
        }
        catch
        {
            // What was under way is neither what was before nor what comes next: the next pass begins from nothing.
            _memory = new TranslationMemory();
            throw;
        }
    }

    // All objects: those that the selectors of the mesh do not choose as well.
    private TranslationResult Run(TranslationInput input, ObjectSet all, IEnumerable<Finding> findings)
    {
        _memory.Update(input.Objects, all);
        var pass = new TranslationPass(input, _memory);
        pass.Findings.AddRange(findings);
        foreach (var step in Steps)
        {
            step.Run(pass);
        }
        var diagnostics = pass.Findings.ConvertAll(finding => finding.ToDiagnostic());
        diagnostics.AddRange(pass.Diagnostics);
        diagnostics.Sort(static (a, b) => (string.CompareOrdinal(a.File, b.File), a.Line.CompareTo(b.Line), string.CompareOrdinal(a.Field, b.Field)) switch
        {
            (not 0 and var file, _, _) => file,
            (_, not 0 and var line, _) => line,
            (_, _, not 0 and var field) => field,
            _ => string.CompareOrdinal(a.Message, b.Message),
        });
        return new TranslationResult(pass.Resources, diagnostics, pass.GatewayServices) { KeySets = pass.KeySets, Providers = pass.Providers, Origins = new ResourceOrigins(pass) };
    }
}
