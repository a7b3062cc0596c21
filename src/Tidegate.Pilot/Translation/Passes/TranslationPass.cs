using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.EnvoyFilters;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Security;
using Tidegate.Pilot.Translation.SecurityPolicies;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Pilot.Translation.VirtualServices;
using Tidegate.Pilot.Validation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Passes;

/// <summary>
/// The one value that goes through the steps (<see cref="Translator"/>): each fills in what the later ones build on, and their order is that
/// of the properties.
/// </summary>
internal sealed class TranslationPass(TranslationInput input, TranslationMemory memory)
{
    public TranslationInput Input { get; } = input;

    public ProxyNode Node => Input.Node;

    public MeshSettings Mesh => Input.Mesh;

    public TranslationMemory Memory { get; } = memory;

    public IReadOnlyList<GatewayService> GatewayServices { get; set; } = [];

    public MergedGateway Gateway { get; set; } = null!;

    public ServiceIndex Services { get; set; } = null!;

    public DestinationRuleIndex Rules { get; set; } = null!;

    public EndpointIndex Endpoints { get; set; } = null!;

    public IReadOnlyList<XdsResource> ClusterResources { get; set; } = [];

    public VirtualServiceIndex VirtualServices { get; set; } = null!;

    public SecurityPolicyIndex SecurityPolicies { get; set; } = SecurityPolicyIndex.Empty;

    /// <summary>The policies of the routes of each route configuration that has some, by its name.</summary>
    public PolicyChains PolicyChains { get; set; } = PolicyChains.None;

    public SecurityFilters Security { get; set; } = SecurityFilters.None;

    public IReadOnlyList<XdsResource> ListenerResources { get; set; } = [];

    public List<XdsResource> Resources { get; } = [];

    /// <summary>The keys that have to be fetched.</summary>
    public List<KeySetSource> KeySets { get; } = [];

    /// <summary>The providers that have to be asked where their endpoints are.</summary>
    public List<OpenIdProviderSource> Providers { get; } = [];

    public List<Finding> Findings { get; } = [];

    /// <summary>What is to be said that no object has to do with.</summary>
    public List<Diagnostic> Diagnostics { get; } = [];

    /// <summary>What each secret is made of.</summary>
    public IReadOnlyDictionary<string, Secret> SecretSources { get; set; } = new Dictionary<string, Secret>();

    /// <summary>The patches of EnvoyFilters.</summary>
    public EnvoyPatchSet? Patches { get; set; }

    /// <summary>The names of their filters that keep traffic out, cannot be used, and are sent all the same: what came of them is told.</summary>
    public HashSet<string> ClosedGuards { get; } = new(StringComparer.Ordinal);

    /// <summary>What resources were before EnvoyFilters changed them.</summary>
    public Dictionary<XdsName, XdsResource> Unpatched { get; } = [];

    /// <summary>Resources that EnvoyFilters have added.</summary>
    public HashSet<XdsName> AddedByPatches { get; } = [];
}
