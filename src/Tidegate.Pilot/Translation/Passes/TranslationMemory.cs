using Envoy.Config.Route.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.EnvoyFilters;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.Listeners;
using Tidegate.Pilot.Translation.Routes;
using Tidegate.Pilot.Translation.Secrets;
using Tidegate.Pilot.Translation.Security;
using Tidegate.Pilot.Translation.SecurityPolicies;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Translation.VirtualServices;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Passes;

/// <summary>
/// All that a translator keeps from one pass to the next: the result of each step, and of the parts it is made of. Holds for one node, mesh
/// and feature set; when these change it is thrown away.
/// </summary>
internal sealed class TranslationMemory
{
    public TranslationMemory()
    {
        Services = new Remembered<ServiceIndex>(ServiceParts, MergedServices);
        Rules = new Remembered<DestinationRuleIndex>(RuleParts);
        Clusters = new Remembered<IReadOnlyList<XdsResource>>(EndpointParts, ClusterParts, AssignmentParts);
        VirtualServices = new Remembered<VirtualServiceIndex>(VirtualServiceParts.Resolved, VirtualServiceParts.Merged);
        Routes = new Remembered<IReadOnlyList<RouteMemory.BuiltRouteConfiguration>>(
            RouteParts.SharedHosts, RouteParts.Built, RouteParts.VirtualHosts, RouteParts.Configurations);
        Listeners = new Remembered<MadeListeners>(ListenerParts);
        FeatureFindings = new Remembered<IReadOnlyList<Finding>>(FeatureFindingParts);
    }

    // The objects, oldest first.
    public OrderedObjects<Gateway> GatewayObjects { get; } = new();

    public OrderedObjects<VirtualService> VirtualServiceObjects { get; } = new();

    public OrderedObjects<DestinationRule> DestinationRuleObjects { get; } = new();

    public OrderedObjects<Service> ServiceObjects { get; } = new();

    /// <summary>Those as well that the selectors of the mesh do not choose.</summary>
    public OrderedObjects<Service> AllServiceObjects { get; } = new();

    public OrderedObjects<ServiceEntry> ServiceEntryObjects { get; } = new();

    public OrderedObjects<WorkloadEntry> WorkloadEntryObjects { get; } = new();

    public OrderedObjects<Pod> PodObjects { get; } = new();

    public OrderedObjects<EndpointSlice> EndpointSliceObjects { get; } = new();

    public OrderedObjects<Endpoints> EndpointsObjects { get; } = new();

    public OrderedObjects<EnvoyFilter> EnvoyFilterObjects { get; } = new();

    public OrderedObjects<Namespace> NamespaceObjects { get; } = new();

    public OrderedObjects<Secret> SecretObjects { get; } = new();

    public OrderedObjects<ConfigMap> ConfigMapObjects { get; } = new();

    public OrderedObjects<SecurityPolicy> SecurityPolicyObjects { get; } = new();

    // The results of the steps, in their order.
    public Remembered<IReadOnlyList<GatewayService>> GatewayServices { get; } = new();

    public Remembered<MergedGateway> Gateway { get; } = new();

    public Remembered<ServiceIndex> Services { get; }

    public Remembered<DestinationRuleIndex> Rules { get; }

    public Remembered<EndpointIndex> Endpoints { get; } = new();

    public Remembered<IReadOnlyList<XdsResource>> Clusters { get; }

    public Remembered<VirtualServiceIndex> VirtualServices { get; }

    public Remembered<SecurityPolicyIndex> SecurityPolicies { get; } = new();

    public Remembered<IReadOnlyList<RouteMemory.BuiltRouteConfiguration>> Routes { get; }

    public SecurityMemory Security { get; } = new();

    public Remembered<MadeListeners> Listeners { get; }

    public Remembered<EnvoyPatchSet> Patches { get; } = new();
    public Remembered<MadeSecrets> Secrets { get; } = new();

    public Remembered<IReadOnlyList<Finding>> VirtualServiceFindings { get; } = new();

    public Remembered<IReadOnlyList<Finding>> RuleFindings { get; } = new();

    public Remembered<IReadOnlyList<Finding>> EndpointFindings { get; } = new();

    public Remembered<IReadOnlyList<Finding>> ServerFindings { get; } = new();

    public Remembered<IReadOnlyList<Finding>> FeatureFindings { get; }

    // The parts that they are made of.
    public Memo<IdentityList, IReadOnlyList<MeshService>> ServiceParts { get; } = new();

    public Memo<IdentityList, MeshService> MergedServices { get; } = new();

    public Memo<IdentityList, EffectiveDestinationRule> RuleParts { get; } = new();

    public Memo<IdentityList, ServiceEndpoints> EndpointParts { get; } = new();

    public Memo<IdentityList, IReadOnlyList<XdsResource>> ClusterParts { get; } = new();

    public Memo<IdentityList, IReadOnlyList<XdsResource>> AssignmentParts { get; } = new();

    public VirtualServiceMemory VirtualServiceParts { get; } = new();

    /// <summary>The policies of which all that routes and listeners need has been asked.</summary>
    public SecurityPolicyIndex SecurityPoliciesAsked { get; set; } = SecurityPolicyIndex.Empty;

    /// <summary>SecurityPolicies, each with what it names.</summary>
    public Memo<IdentityList, SecurityPolicyFilters> SecurityPolicyParts { get; } = new();

    public RouteMemory RouteParts { get; } = new();

    public Memo<string, XdsResource> ListenerParts { get; } = new();

    /// <summary>The patches with which <see cref="PatchedParts"/> and <see cref="PatchedHosts"/> were made.</summary>
    public EnvoyPatchSet? PatchedWith { get; set; }

    public Memo<IdentityList, PatchedPart> PatchedParts { get; set; } = new();

    public Memo<(Identity<VirtualHost> Host, IdentityList Patches), RoutePatches.PatchedHost> PatchedHosts { get; set; } = new();

    public Memo<Identity<object>, IReadOnlyList<Finding>> FeatureFindingParts { get; } = new();

    /// <summary>The policies of the route configurations that were made last.</summary>
    public PolicyChains PolicyChains { get; set; } = PolicyChains.None;

    /// <summary>The services and rules with which routes were translated last.</summary>
    public (ServiceIndex? Services, DestinationRuleIndex? Rules) RoutesMadeWith { get; set; }

    /// <summary>Takes over a new set of objects.</summary>
    /// <param name="objects">Those that count.</param>
    /// <param name="all">Those as well that the selectors of the mesh do not choose.</param>
    public void Update(ObjectSet objects, ObjectSet all)
    {
        AllServiceObjects.Update(all);
        GatewayObjects.Update(objects);
        VirtualServiceObjects.Update(objects);
        DestinationRuleObjects.Update(objects);
        ServiceObjects.Update(objects);
        ServiceEntryObjects.Update(objects);
        WorkloadEntryObjects.Update(objects);
        PodObjects.Update(objects);
        EndpointSliceObjects.Update(objects);
        EndpointsObjects.Update(objects);
        EnvoyFilterObjects.Update(objects);
        NamespaceObjects.Update(objects);
        SecretObjects.Update(objects);
        ConfigMapObjects.Update(objects);
        SecurityPolicyObjects.Update(objects);
    }
}
