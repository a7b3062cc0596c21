using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis.VirtualServices;

/// <summary>Whether a VirtualService that routes by the claims of a token has somebody who checks the token.</summary>
internal static class JwtClaimRouteAnalyzer
{
    private const string Claims = "@request.auth.claims";

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        ILookup<string, IReadOnlyDictionary<string, string>> selectors = snapshot.Foreign("RequestAuthentication")
            .ToLookup(policy => policy.Namespace, policy => policy.At("spec", "selector", "matchLabels").Map(), StringComparer.Ordinal);
        foreach (VirtualService service in snapshot.VirtualServices)
        {
            if (ClaimOf(service) is not { } claim)
            {
                continue;
            }

            foreach (string reference in service.Spec.Gateways.Where(reference => reference != GatewayAnalyzer.Mesh))
            {
                if (snapshot.FindGateway(service.Namespace, reference) is not { } gateway)
                {
                    continue; // GatewayAnalyzer tells
                }

                IEnumerable<Workload> unguarded = snapshot.Workloads.Where(workload =>
                    workload.IsSelectedBy(gateway.Spec.Selector)
                    && !selectors[snapshot.RootNamespace].Concat(selectors[workload.Namespace]).Any(workload.IsSelectedBy));
                foreach (Workload workload in unguarded)
                {
                    report.Add(
                        MessageTypes.ClaimsWithoutAuthentication,
                        service,
                        string.Empty,
                        $"The virtual service uses the JWT claim based routing (key: {claim}) but found no request authentication for the gateway ({ObjectName.Of(gateway)}) pod ({workload.Name}). The request authentication must first be applied for the gateway pods to validate the JWT token and make the claims available for routing.");
                }
            }
        }
    }

    private static string? ClaimOf(VirtualService service) => service.Spec.Http
        .SelectMany(route => route.Match)
        .SelectMany(match => match.Headers.Keys.Concat(match.WithoutHeaders.Keys))
        .FirstOrDefault(name => name.StartsWith(Claims, StringComparison.OrdinalIgnoreCase) && name.Length > Claims.Length + 1 && name[Claims.Length] is '.' or '[');
}
