using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a VirtualService (Istio: <c>ValidateVirtualService</c>); its routes are checked by their own validations.</summary>
internal static class VirtualServiceValidation
{
    public static void Check(VirtualService service, Findings findings)
    {
        VirtualServiceSpec spec = service.Spec;
        bool isDelegate = spec.Hosts.Count == 0;
        if (isDelegate)
        {
            CheckDelegate(spec, findings);
        }

        // 1. Gateways. One that names none, or the mesh, is for the mesh.
        GatewayNameSyntax.Check(findings, "spec.gateways", spec.Gateways);
        bool isAtGateway = spec.Gateways.Count > 0 && !spec.Gateways.Contains("mesh");

        // 2. Hosts.
        CheckHosts(spec, isAtGateway, findings);

        // 3. Routes.
        if (spec.Http.Count == 0 && spec.Tcp.Count == 0 && spec.Tls.Count == 0)
        {
            findings.Error("spec", "http, tcp or tls must be provided in virtual service");
        }

        for (int i = 0; i < spec.Http.Count; i++)
        {
            HttpRouteValidation.Check(spec.Http[i], isDelegate, findings, $"spec.http[{i}]");
        }

        for (int i = 0; i < spec.Tls.Count; i++)
        {
            StreamRouteValidation.CheckTls(spec.Tls[i], spec, findings, $"spec.tls[{i}]");
        }

        for (int i = 0; i < spec.Tcp.Count; i++)
        {
            StreamRouteValidation.CheckTcp(spec.Tcp[i], findings, $"spec.tcp[{i}]");
        }

        if (!isAtGateway)
        {
            CheckNoClaims(spec, findings);
        }

        // 4. The rest.
        ExportToValidation.Check(findings, service.Namespace, spec.ExportTo);
        UnreachableRules.Check(spec, findings);
    }

    /// <summary>Whether a VirtualService is for gateways and not for the mesh (Istio: <c>isGateway</c>).</summary>
    public static bool IsForGateways(VirtualServiceSpec spec) => !spec.Gateways.Contains("mesh");

    private static void CheckDelegate(VirtualServiceSpec spec, Findings findings)
    {
        Refuse(spec.Gateways.Count > 0, "spec.gateways", "gateways");
        Refuse(spec.Tls.Count > 0, "spec.tls", "tls route");
        Refuse(spec.Tcp.Count > 0, "spec.tcp", "tcp route");

        void Refuse(bool isGiven, string field, string what)
        {
            if (isGiven)
            {
                findings.Error(field, $"delegate virtual service must have no {what} specified");
            }
        }
    }

    private static void CheckHosts(VirtualServiceSpec spec, bool isAtGateway, Findings findings)
    {
        bool isSni = spec.Tls.Any(route => route.Match.Any(match => match.SniHosts.Count > 0));
        bool areValid = true;
        for (int i = 0; i < spec.Hosts.Count; i++)
        {
            string host = spec.Hosts[i];
            string? problem = isAtGateway ? DomainSyntax.CheckGatewayBoundName(host, isSni) : DomainSyntax.CheckWildcardName(host);
            if (problem is not null && AddressSyntax.IsAddress(host))
            {
                problem = null;
            }
            else if (problem is null && !isAtGateway && host == "*")
            {
                problem = "wildcard host * is not allowed for virtual services bound to the mesh gateway";
            }

            findings.Check($"spec.hosts[{i}]", problem);
            areValid &= problem is null;
        }

        foreach ((int first, int second) in areValid ? WildcardHosts.Overlaps(spec.Hosts) : [])
        {
            findings.Error($"spec.hosts[{second}]", $"duplicate hosts in virtual service: {spec.Hosts[first]} & {spec.Hosts[second]}");
        }
    }

    private static void CheckNoClaims(VirtualServiceSpec spec, Findings findings)
    {
        for (int i = 0; i < spec.Http.Count; i++)
        {
            for (int j = 0; j < spec.Http[i].Match.Count; j++)
            {
                HttpMatchRequest match = spec.Http[i].Match[j];
                foreach (string name in match.Headers.Keys.Concat(match.WithoutHeaders.Keys).Where(HeaderSyntax.IsClaim))
                {
                    findings.Error(
                        $"spec.http[{i}].match[{j}]",
                        $"JWT claim based routing (key: {name}) is only supported for gateway, found no gateways: {GoText.List(spec.Gateways)}");
                }
            }
        }
    }
}
