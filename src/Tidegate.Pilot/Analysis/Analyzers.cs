using Tidegate.Pilot.Analysis.DestinationRules;
using Tidegate.Pilot.Analysis.EnvoyFilters;
using Tidegate.Pilot.Analysis.GatewayApi;
using Tidegate.Pilot.Analysis.Gateways;
using Tidegate.Pilot.Analysis.Policies;
using Tidegate.Pilot.Analysis.Services;
using Tidegate.Pilot.Analysis.VirtualServices;
using Tidegate.Pilot.Sources.Kinds;

namespace Tidegate.Pilot.Analysis;

/// <summary>
/// All analyzers, in the order of their names (cli.md, 5.6): Istio's that concern a gateway, by Istio's names, and Tidegate's own. A new one is a file and a line
/// here, its codes a line in <see cref="MessageTypes"/> and a row in docs/analyze.md.
/// </summary>
internal static class Analyzers
{
    /// <summary>The list.</summary>
    public static readonly IReadOnlyList<Analyzer> All =
    [
        new("auth.AuthorizationPoliciesAnalyzer", "Checks the validity of authorization policies", AuthorizationPolicyAnalyzer.Analyze),
        new("conditions.ConditionAnalyzer", "Checks for negative status conditions on resources", ConditionAnalyzer.Analyze),
        new("deprecation.CustomResourceDefinitionAnalyzer", "Checks for custom resource definitions that Istio removed", DefinitionAnalyzers.AnalyzeRemoved),
        new("deprecation.DeprecationAnalyzer", "Checks for deprecated Istio types and fields", DeprecationAnalyzer.Analyze),
        new("destinationrule.CaCertificateAnalyzer", "Checks if caCertificates is set when TLS mode is SIMPLE/MUTUAL", CaCertificateAnalyzer.Analyze),
        new("destinationrule.SubsetSelectPodAnalyzer", "Checks if pods are selected by subsets in destination rules.", SubsetSelectPodAnalyzer.Analyze),
        new("envoyfilter.EnvoyPatchAnalyzer", "Checks an envoyFilters ", EnvoyPatchAnalyzer.Analyze),
        new("gateway.CertificateAnalyzer", "Checks a gateway certificate", CertificateAnalyzer.Analyze),
        new("gateway.ConflictingGatewayAnalyzer", "Checks a gateway's selector, port number and hosts", ConflictingGatewayAnalyzer.Analyze),
        new("gateway.IngressGatewayPortAnalyzer", "Checks a gateway's ports against the gateway's Kubernetes service ports", IngressGatewayPortAnalyzer.Analyze),
        new("gateway.SecretAnalyzer", "Checks a gateway's referenced secrets for correctness", SecretAnalyzer.Analyze),
        new("k8sgateway.CRDVersionAnalyzer", "Checks Gateway API CRDs are at the minimum version required by this Istio version", DefinitionAnalyzers.AnalyzeVersions),
        new("k8sgateway.SelectorAnalyzer", "Check that selectors are effective for Kubernetes gateway", SelectorAnalyzer.Analyze),
        .. ValidationMessages.Kinds.Select(Validation),
        new("service.PortNameAnalyzer", "Checks the port names associated with each service", PortNameAnalyzer.Analyze),
        new("serviceentry.Analyzer", "Checks the validity of ServiceEntry", ServiceEntryAddressAnalyzer.Analyze),
        new("serviceentry.ConflictingServiceEntryProtocolAnalyzer", "Checks if multiple ServiceEntries define the same host and port with different protocols", ServiceEntryProtocolAnalyzer.Analyze),
        new("telemetry.DefaultSelectorAnalyzer", "Validates that there aren't multiple telemetry resources that have no selector", TelemetryAnalyzers.AnalyzeDefaults),
        new("telemetry.LightstepAnalyzer", "Validates that lightstep provider is still used", TelemetryAnalyzers.AnalyzeLightstep),
        new("telemetry.ProviderAnalyzer", "Validates that providers in telemetry resource is valid", TelemetryAnalyzers.AnalyzeProviders),
        new("telemetry.SelectorAnalyzer", "Validates that telemetries that define a selector match at least one pod, and that there aren't multiple telemetry resources that select overlapping pods", TelemetryAnalyzers.AnalyzeSelectors),
        new("tidegate.AuthorizationReachAnalyzer", "Checks that authorization policies of the gateway can fit a request, and change something", AuthorizationReachAnalyzer.Analyze),
        new("tidegate.EndpointAnalyzer", "Checks that what requests are sent to has endpoints", EndpointAnalyzer.Analyze, AnalyzerScope.Gateway),
        new("tidegate.KubernetesAnalyzer", "Checks the validity of Kubernetes objects, and files that hold no objects", AnalyzeOthers, AnalyzerScope.Files),
        new("tidegate.NoGatewaysAnalyzer", "Checks that virtual services name a gateway", NoGatewaysAnalyzer.Analyze),
        new("tidegate.TranslationAnalyzer", "Checks that objects go together, and that the gateway acts on all that they say", TranslationAnalyzer.Analyze, AnalyzerScope.Files),
        new("virtualservice.ConflictingMeshGatewayHostsAnalyzer", "Checks if multiple virtual services associated with the mesh gateway have conflicting hosts", ConflictingMeshGatewayHostsAnalyzer.Analyze),
        new("virtualservice.DestinationHostAnalyzer", "Checks the destination hosts associated with each virtual service", DestinationHostAnalyzer.Analyze),
        new("virtualservice.DestinationRuleAnalyzer", "Checks the destination rules associated with each virtual service", DestinationRuleAnalyzer.Analyze),
        new("virtualservice.GatewayAnalyzer", "Checks the gateways associated with each virtual service", GatewayAnalyzer.Analyze),
        new("virtualservice.JWTClaimRouteAnalyzer", "Checks the VirtualService using JWT claim based routing has corresponding RequestAuthentication", JwtClaimRouteAnalyzer.Analyze),
    ];

    // Istio's name for the mesh's settings is that of the message in the ConfigMap.
    private static Analyzer Validation(string kind)
    {
        string name = kind == "ConfigMap" ? "MeshConfig" : kind;
        return new Analyzer(
            $"schema.ValidationAnalyzer.{name}",
            $"Runs schema validation as an analyzer on '{name}' resources",
            (snapshot, report) => AddReading(snapshot, report, found => found == kind),
            AnalyzerScope.Files);
    }

    private static void AnalyzeOthers(AnalysisSnapshot snapshot, AnalysisReport report) => AddReading(snapshot, report, found => !ValidationMessages.Kinds.Contains(found ?? string.Empty));

    // That an object is not needed is said to who runs a gateway, not to who asks what is wrong.
    private static void AddReading(AnalysisSnapshot snapshot, AnalysisReport report, Func<string?, bool> isOfKind)
    {
        foreach (var diagnostic in snapshot.ReadingDiagnostics.Where(diagnostic => diagnostic.Code != KindNote.NotNeeded && isOfKind(diagnostic.Resource?.Kind)))
        {
            report.Add(ValidationMessages.Of(diagnostic));
        }
    }
}
