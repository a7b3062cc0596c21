using Tidegate.Pilot.Translation.Passes;
using Tidegate.Pilot.Translation.Routes;
using Tidegate.Pilot.Translation.SecurityPolicies;
using Tidegate.Pilot.Translation.VirtualServices;
using static Tidegate.Pilot.Translation.Routes.RouteMemory;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The steps that make route configurations.</summary>
internal static class RouteStep
{
    /// <summary>Indexes the VirtualServices by the Gateway they are bound to.</summary>
    public static void Index(TranslationPass pass)
    {
        var objects = pass.Memory.VirtualServiceObjects.Items;
        pass.VirtualServices = pass.Memory.VirtualServices.Get(
            [objects], () => VirtualServiceIndex.Build(objects, pass.Node, pass.Mesh, pass.Memory.VirtualServiceParts));
    }

    /// <summary>Makes the route configuration of every name that the gateway's servers use.</summary>
    public static void Translate(TranslationPass pass)
    {
        var configurations = pass.Memory.Routes.Get(
            [pass.Gateway, pass.VirtualServices, pass.Services, pass.Rules, pass.SecurityPolicies], () => TranslateAll(pass));
        pass.Resources.AddRange(configurations.Select(static configuration => configuration.Resource));

        // Listeners follow from which policies there are, and not from the routes that have them.
        Dictionary<string, IReadOnlyList<SecurityPolicyFilters>> policies = configurations
            .Where(static configuration => configuration.Policies.Count > 0)
            .ToDictionary(static configuration => configuration.Resource.Name.Name, static configuration => configuration.Policies);
        pass.PolicyChains = pass.Memory.PolicyChains = PolicyChains.Of(policies, pass.Memory.PolicyChains);

        // A host on several ports says the same of each.
        pass.Findings.AddRange(configurations.SelectMany(static configuration => configuration.Findings).Distinct());
    }

    private static List<BuiltRouteConfiguration> TranslateAll(TranslationPass pass)
    {
        var answersAreCurrent = pass.Memory.RoutesMadeWith == (pass.Services, pass.Rules);
        pass.Memory.RoutesMadeWith = (pass.Services, pass.Rules);
        var translation = new RouteConfigurationTranslation(
            pass.Node, pass.Mesh, pass.Input.Features, pass.VirtualServices, pass.Services, pass.Rules, pass.SecurityPolicies, answersAreCurrent, pass.Memory.RouteParts);
        var result = new List<BuiltRouteConfiguration>();
        foreach (var (name, servers) in pass.Gateway.ServersByRouteName.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            result.Add(translation.Translate(name, servers));
        }
        return result;
    }
}
