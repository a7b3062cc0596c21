using Tidegate.Pilot.Sources.Kinds;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Analysis;

/// <summary>
/// Gives what reading and validating an object found Istio's codes and words (cli.md, 5.5): to Istio one object that is wrong in itself is a finding like
/// any other. What Istio does not tell keeps its own code.
/// </summary>
internal static class ValidationMessages
{
    /// <summary>Istio's kinds that are validated, in the order of Istio's names: that of the ConfigMap <c>istio</c> is MeshConfig.</summary>
    public static readonly IReadOnlyList<string> Kinds =
        ["DestinationRule", "EnvoyFilter", "Gateway", "ConfigMap", "ProxyConfig", "ServiceEntry", "VirtualService", "WorkloadEntry"];

    /// <summary>The finding as analysis tells it.</summary>
    public static Diagnostic Of(Diagnostic found) => found switch
    {
        { Code: UnreachableRules.Unreachable } => As(MessageTypes.UnreachableRule, found, Sentence(found.Message)),
        { Code: UnreachableRules.Ineffective } => As(MessageTypes.IneffectiveMatch, found, Sentence(found.Message)),
        _ when found.Resource is not { } key || !Kinds.Contains(key.Kind) || found.Code.StartsWith(KindNote.Prefix, StringComparison.Ordinal) => found,
        { Severity: Severity.Error } => As(MessageTypes.SchemaValidationError, found, $"Schema validation error: {WithField(found)}"),
        { Code: Findings.DoubtfulSpec } => As(MessageTypes.SchemaWarning, found, $"Schema validation warning: {found.Message}"),
        _ => found,
    };

    private static Diagnostic As(MessageType type, Diagnostic found, string message) =>
        found with { Severity = type.Severity, Code = type.Code, Message = message };

    // Messages of validation are Istio's and say which value they mean; those of reading begin with what was found there.
    private static string WithField(Diagnostic found) => found.Code == Findings.InvalidSpec ? found.Message : $"{found.Field}: {found.Message}";

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
}
