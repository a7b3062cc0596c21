using System.Globalization;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.DestinationRules;

/// <summary>Whether a DestinationRule that speaks TLS to endpoints says by which authorities they are believed.</summary>
internal static class CaCertificateAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (DestinationRule rule in snapshot.DestinationRules)
        {
            if (rule.Spec.TrafficPolicy is not { } policy)
            {
                continue;
            }

            if (ModeWithoutAuthorities(policy.Tls, rule) is { } mode)
            {
                report.Add(MessageTypes.UnverifiedServer, rule, "spec.trafficPolicy.tls.caCertificates", Message(rule, mode));
            }

            for (int i = 0; i < policy.PortLevelSettings.Count; i++)
            {
                PortTrafficPolicy settings = policy.PortLevelSettings[i];
                if (ModeWithoutAuthorities(settings.Tls, rule) is { } portMode)
                {
                    string port = settings.Port is { } number ? $"number:{number.ToString(CultureInfo.InvariantCulture)}" : string.Empty;
                    report.Add(
                        MessageTypes.UnverifiedServerAtPort,
                        rule,
                        $"spec.trafficPolicy.portLevelSettings[{i}].tls.caCertificates",
                        $"{Message(rule, portMode)} at port {port}");
                }
            }
        }
    }

    // Istio's agents know how to find a credential's authorities when the rule is for some workloads only.
    private static string? ModeWithoutAuthorities(ClientTlsSettings? tls, DestinationRule rule) => tls switch
    {
        null or { CaCertificates.Length: > 0 } => null,
        { CredentialName.Length: > 0 } when rule.Spec.WorkloadSelector is not null => null,
        { Mode: ClientTlsMode.Simple } => "SIMPLE",
        { Mode: ClientTlsMode.Mutual } => "MUTUAL",
        _ => null,
    };

    private static string Message(DestinationRule rule, string mode) =>
        $"DestinationRule {ObjectName.Of(rule)} in namespace {rule.Namespace} has TLS mode set to {mode} but no caCertificates are set to validate server identity for host: {rule.Spec.Host}";
}
