namespace Tidegate.Pilot.Validation;

/// <summary>Checks the names of Gateways in a VirtualService.</summary>
internal static class GatewayNameSyntax
{
    /// <summary>
    /// Checks a list of <c>name</c>, <c>namespace/name</c> or <c>mesh</c>. As in Istio the first name without a namespace ends the
    /// check: what Istio takes, we take.
    /// </summary>
    public static void Check(Findings findings, string field, IReadOnlyList<string> names, bool isFromGatewayApi = false)
    {
        for (int i = 0; i < names.Count; i++)
        {
            string name = names[i];
            string place = $"{field}[{i}]";
            int slash = name.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                if (name.Contains('.'))
                {
                    string[] parts = name.Split('.');
                    findings.Warn(
                        place,
                        $"using legacy gatewayName format {GoText.Quote(name)}; prefer the <namespace>/<name> format: {GoText.Quote($"{parts[1]}/{parts[0]}")}");
                }

                findings.Check(place, DomainSyntax.CheckName(name));
                return;
            }

            string nameSpace = name[..slash];
            string gateway = name[(slash + 1)..];
            if (nameSpace.Length == 0 || gateway.Length == 0)
            {
                findings.Error(place, "config namespace and gateway name cannot be empty");
            }

            if (!DomainSyntax.IsLabel(nameSpace))
            {
                findings.Error(place, $"invalid value for namespace: {GoText.Quote(nameSpace)}");
            }

            if (!DomainSyntax.IsLabel(gateway) && !isFromGatewayApi)
            {
                findings.Error(place, $"invalid value for gateway name: {GoText.Quote(gateway)}");
            }
        }
    }
}
