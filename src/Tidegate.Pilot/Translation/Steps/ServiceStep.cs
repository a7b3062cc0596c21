using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The steps that find out where traffic can go.</summary>
internal static class ServiceStep
{
    /// <summary>Indexes Services and ServiceEntries that the gateway sees.</summary>
    public static void Index(TranslationPass pass)
    {
        var memory = pass.Memory;
        var (services, entries, namespaces) = (memory.ServiceObjects.Items, memory.ServiceEntryObjects.Items, memory.NamespaceObjects.Items);
        pass.Services = memory.Services.Get([services, entries, namespaces], () =>
        {
            // Of namespaces, those alone that say something about their services.
            var owners = namespaces.Where(owner => owner.Metadata.Annotations.ContainsKey(TrafficDistributions.Annotation)).ToDictionary(owner => owner.Name);
            var visible = services.SelectMany(service => memory.ServiceParts.GetOrAdd(
                    new IdentityList([service, owners.GetValueOrDefault(service.Namespace)]),
                    (service, owner: owners.GetValueOrDefault(service.Namespace), pass.Mesh),
                    static (_, parts) => [ServiceTranslation.Translate(parts.service, parts.owner, parts.Mesh)]))
                .Concat(entries.SelectMany(entry => memory.ServiceParts.GetOrAdd(
                    new IdentityList([entry, owners.GetValueOrDefault(entry.Namespace)]),
                    (entry, owner: owners.GetValueOrDefault(entry.Namespace)),
                    static (_, parts) => ServiceTranslation.Translate(parts.entry, parts.owner))))
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
        var (workloads, pods, overrides) = (memory.WorkloadEntryObjects.Items, memory.PodObjects.Items, pass.Input.Endpoints);
        pass.Endpoints = memory.Endpoints.Get(
            [slices, endpoints, workloads, pods, overrides], () => new EndpointIndex(slices, endpoints, workloads, pods, overrides, memory.EndpointParts));
    }
}
