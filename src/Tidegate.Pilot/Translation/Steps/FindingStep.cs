using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.Listeners;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Pilot.Translation.VirtualServices;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The step that collects what does not work as it is written.</summary>
internal static class FindingStep
{
    public static void Collect(TranslationPass pass)
    {
        pass.Findings.AddRange(pass.Gateway.Findings);
        pass.Findings.AddRange(OfVirtualServices(pass));
        pass.Findings.AddRange(OfRules(pass));
        pass.Findings.AddRange(OfFeatures(pass));
        pass.Findings.AddRange(OfEndpoints(pass));
        pass.Findings.AddRange(OfServers(pass));
        CheckOptions(pass);
    }

    /// <summary>What says where endpoints are and belongs to nothing.</summary>
    private static IReadOnlyList<Finding> OfEndpoints(TranslationPass pass)
    {
        TranslationMemory memory = pass.Memory;
        var (slices, endpoints, services) = (memory.EndpointSliceObjects.Items, memory.EndpointsObjects.Items, memory.ServiceObjects.Items);
        return memory.EndpointFindings.Get([slices, endpoints, services], () =>
        {
            var checks = new EndpointChecks(services);
            return [.. slices.Select(checks.Check).Concat(endpoints.Select(checks.Check)).OfType<Finding>()];
        });
    }

    /// <summary>Servers of bytes, whose port does nothing without a route.</summary>
    private static IReadOnlyList<Finding> OfServers(TranslationPass pass) => pass.Memory.ServerFindings.Get([pass.Gateway, pass.VirtualServices], () =>
    [
        .. pass.Gateway.Ports.SelectMany(port => port.Servers)
            .Where(server => server is { PassesBytesOn: true, IsAutoPassthrough: false } && !TcpRouteSelection.HasRoute(server, pass.VirtualServices))
            .Select(server => Finding.Warning(
                DiagnosticCodes.ServerWithoutRoute,
                server.Gateway,
                $"servers[{server.Index}]",
                $"no VirtualService of Gateway {server.GatewayName} has a {(server.IsPassthrough ? "tls" : "tcp")} route for it, so connections to port {server.Port} are not served")),
    ]);

    private static void CheckOptions(TranslationPass pass)
    {
        if (pass.Input.Endpoints.Count > 0)
        {
            var checks = new EndpointChecks(pass.Memory.ServiceObjects.Items);
            pass.Diagnostics.AddRange(pass.Input.Endpoints.DistinctBy(endpoint => (endpoint.Service, endpoint.Namespace, endpoint.ServicePort)).Select(checks.Check).OfType<Diagnostic>());
        }
    }

    private static IReadOnlyList<Finding> OfVirtualServices(TranslationPass pass) => pass.Memory.VirtualServiceFindings.Get([pass.VirtualServices], () =>
    {
        var checks = new VirtualServiceChecks(pass.Node, pass.Mesh);
        return [.. pass.VirtualServices.All.SelectMany(checks.Check)];
    });

    /// <summary>Of subsets with one name in the rules of one host and namespace only the first counts.</summary>
    private static IReadOnlyList<Finding> OfRules(TranslationPass pass)
    {
        var rules = pass.Memory.DestinationRuleObjects.Items;
        return pass.Memory.RuleFindings.Get([rules], () =>
        {
            var all = new List<Finding>();
            var first = new Dictionary<(string Namespace, string Host, string Subset), DestinationRule>();
            foreach (var rule in rules)
            {
                var host = HostNames.Expand(rule.Spec.Host, rule.Namespace, pass.Mesh.DomainSuffix);
                for (var i = 0; i < rule.Spec.Subsets.Count; i++)
                {
                    var subset = rule.Spec.Subsets[i].Name;
                    if (!first.TryAdd((rule.Namespace, host, subset), rule))
                    {
                        var owner = first[(rule.Namespace, host, subset)];
                        all.Add(Finding.Warning(
                            DiagnosticCodes.SubsetDuplicate,
                            rule,
                            $"subsets[{i}].name",
                            $"\"{subset}\" of \"{host}\" is defined by DestinationRule {owner.Namespace}/{owner.Name} already, which counts"));
                    }
                }
            }
            return all;
        });
    }

    private static IReadOnlyList<Finding> OfFeatures(TranslationPass pass)
    {
        var memory = pass.Memory;
        var (virtualServices, rules) = (memory.VirtualServiceObjects.Items, memory.DestinationRuleObjects.Items);
        return memory.FeatureFindings.Get([virtualServices, rules, pass.Services], () =>
        {
            var uses = new FeatureUses(pass.Input.Features);
            var all = new List<Finding>();
            foreach (var virtualService in virtualServices)
            {
                all.AddRange(memory.FeatureFindingParts.GetOrAdd(
                    new Identity<object>(virtualService), uses, static (key, uses) => [.. uses.In((VirtualService)key.Value!)]));
            }
            foreach (var rule in rules)
            {
                all.AddRange(memory.FeatureFindingParts.GetOrAdd(
                    new Identity<object>(rule), uses, static (key, uses) => [.. uses.In((DestinationRule)key.Value!)]));
            }
            foreach (var service in pass.Services.All)
            {
                all.AddRange(memory.FeatureFindingParts.GetOrAdd(
                    new Identity<object>(service), uses, static (key, uses) => [.. uses.In((Services.MeshService)key.Value!)]));
            }
            return all;
        });
    }
}
