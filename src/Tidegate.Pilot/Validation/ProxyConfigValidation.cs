using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a ProxyConfig (Istio: <c>ValidateProxyConfig</c>).</summary>
internal static class ProxyConfigValidation
{
    public static void Check(ProxyConfig proxy, Findings findings)
    {
        if (proxy.Spec.Selector is { } selector && LabelSyntax.CheckSelector(findings, "spec.selector.matchLabels", selector))
        {
            findings.Warn("spec.selector", "workload selector specified without labels");
        }

        if (proxy.Spec.Concurrency < 0)
        {
            findings.Error("spec.concurrency", "concurrency must be greater than or equal to 0");
        }
    }
}
