using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Incremental;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>The steps that find out where traffic can go.</summary>
internal static class ServiceStep
{
    /// <summary>Indexes Services and ServiceEntries that the gateway sees.</summary>
    public static void Index(TranslationPass pass)
    {
        var memory = pass.Memory;
        var (services, entries) = (memory.ServiceObjects.Items, memory.ServiceEntryObjects.Items);
        pass.Services = memory.Services.Get([services, entries], () =>
        {
            var visible = services.SelectMany(service => memory.ServiceParts.GetOrAdd(
                    new Identity<Resource>(service),
                    pass.Mesh,
                    static (key, mesh) => [ServiceTranslation.Translate((Service)key.Value!, mesh)]))
                .Concat(entries.SelectMany(entry => memory.ServiceParts.GetOrAdd(
                    new Identity<Resource>(entry), 0, static (key, _) => ServiceTranslation.Translate((ServiceEntry)key.Value!))))
                .Where(service => Visibility.IsVisible(service.ExportTo, pass.Mesh.DefaultServiceExportTo, service.Namespace, pass.Node.Namespace));
            return ServiceIndex.Build([.. visible], pass.Node.Namespace, memory.MergedServices);
        });
    }

    /// <summary>Indexes the DestinationRules.</summary>
    public static void IndexRules(TranslationPass pass)
    {
        var rules = pass.Memory.DestinationRuleObjects.Items;
        pass.Rules = pass.Memory.Rules.Get([rules], () => new DestinationRuleIndex(rules, pass.Node, pass.Mesh, pass.Memory.RuleParts));
    }

    /// <summary>Indexes what says where endpoints are.</summary>
    public static void IndexEndpoints(TranslationPass pass)
    {
        var memory = pass.Memory;
        var (slices, endpoints) = (memory.EndpointSliceObjects.Items, memory.EndpointsObjects.Items);
        var (workloads, overrides) = (memory.WorkloadEntryObjects.Items, pass.Input.Endpoints);
        pass.Endpoints = memory.Endpoints.Get(
            [slices, endpoints, workloads, overrides], () => new EndpointIndex(slices, endpoints, workloads, overrides, memory.EndpointParts));
    }
}
