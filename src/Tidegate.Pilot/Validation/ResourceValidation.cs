using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// Checks what an object says, as far as the object alone can tell: the rules, and the messages, are those of Istio's admission
/// webhook (<c>pkg/config/validation</c>). Each kind has its own validation; what several kinds share (names, addresses, labels,
/// durations, expressions) is in the <c>*Syntax</c> types. All that is wrong is reported, not only the first.
/// </summary>
internal static class ResourceValidation
{
    private static readonly string[] InternalAnnotations = ["internal.istio.io/parent-namespace", "internal.istio.io/parents"];

    /// <summary>What is wrong, and what is worth a warning.</summary>
    /// <param name="resource">The object.</param>
    /// <param name="maxFindings">How many are told.</param>
    public static IReadOnlyList<Diagnostic> Validate(Resource resource, int maxFindings = int.MaxValue)
    {
        var findings = new Findings(resource, maxFindings);
        KubernetesValidation.CheckMetadata(resource, findings);
        switch (resource)
        {
            case Gateway gateway:
                CheckAnnotations(resource, findings);
                GatewayValidation.Check(gateway, findings);
                break;
            case VirtualService service:
                CheckAnnotations(resource, findings);
                VirtualServiceValidation.Check(service, findings);
                break;
            case DestinationRule rule:
                CheckAnnotations(resource, findings);
                DestinationRuleValidation.Check(rule, findings);
                break;
            case ServiceEntry entry:
                CheckAnnotations(resource, findings);
                ServiceEntryValidation.Check(entry, findings);
                break;
            case WorkloadEntry workload:
                CheckAnnotations(resource, findings);
                WorkloadEntryValidation.Check(workload.Spec, servicePorts: null, allowNames: true, findings, "spec");
                break;
            case ProxyConfig proxy:
                CheckAnnotations(resource, findings);
                ProxyConfigValidation.Check(proxy, findings);
                break;
            case AuthorizationPolicy policy:
                CheckAnnotations(resource, findings, allowsDryRun: true);
                AuthorizationPolicyValidation.Check(policy, findings);
                break;
            case RequestAuthentication authentication:
                CheckAnnotations(resource, findings);
                RequestAuthenticationValidation.Check(authentication, findings);
                break;
            case SecurityPolicy policy:
                SecurityPolicyValidation.Check(policy, findings);
                break;
            case ConfigMap { Mesh: { } mesh }:
                MeshConfigValidation.Check(mesh, findings, resource.Origin.LineOf("data") != resource.Origin.LineOf(string.Empty) ? "data.mesh" : "mesh");
                break;
            case EnvoyFilter filter:
                EnvoyFilterValidation.Check(filter, findings);
                break;
            case Service service:
                KubernetesValidation.Check(service, findings);
                break;
            case Secret secret:
                SecretValidation.Check(secret, findings);
                break;
            case EndpointSlice slice:
                KubernetesValidation.Check(slice, findings);
                break;
            case Endpoints endpoints:
                KubernetesValidation.Check(endpoints, findings);
                break;
            case Pod pod:
                KubernetesValidation.Check(pod, findings);
                break;
        }

        return findings.All;
    }

    private static void CheckAnnotations(Resource resource, Findings findings, bool allowsDryRun = false)
    {
        IReadOnlyDictionary<string, string> annotations = resource.Metadata.Annotations;
        if (!allowsDryRun && annotations.ContainsKey("istio.io/dry-run"))
        {
            findings.Error(
                "metadata.annotations",
                $"{resource.Namespace}/{resource.Name} has unsupported annotation istio.io/dry-run, please remove the annotation");
        }

        if (annotations.ContainsKey("internal.istio.io/webhook-always-reject"))
        {
            findings.Error("metadata.annotations", "\"internal.istio.io/webhook-always-reject\" annotation found, rejecting");
        }

        foreach (string annotation in InternalAnnotations.Where(annotations.ContainsKey))
        {
            findings.Error("metadata.annotations", $"{GoText.Quote(annotation)} annotation found, this may not be set by users");
        }
    }
}
