using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.EnvoyFilters;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The step that applies EnvoyFilters to everything that was made.</summary>
internal static class EnvoyFilterStep
{
    public static void Apply(TranslationPass pass)
    {
        var filters = pass.Memory.EnvoyFilterObjects.Items;
        var patches = pass.Memory.Patches.Get([filters], () => new EnvoyPatchSet(filters, pass.Node, pass.Mesh, pass.Input.Features));
        pass.Findings.AddRange(patches.Findings);
        pass.Patches = patches;
        pass.ClosedGuards.UnionWith(patches.ClosedGuards);
        if (patches.IsEmpty)
        {
            return;
        }
        if (!ReferenceEquals(pass.Memory.PatchedWith, patches))
        {
            pass.Memory.PatchedWith = patches;
            pass.Memory.PatchedParts = new();
            pass.Memory.PatchedHosts = new();
        }
        var before = pass.Resources.ToArray();
        pass.Resources.Clear();
        var removed = new HashSet<string>(StringComparer.Ordinal);
        var matched = new HashSet<EnvoyPatch>(ReferenceEqualityComparer.Instance);
        var findings = new HashSet<Finding>(); // a patch is wrong in the same way wherever it is applied
        foreach (var resource in before)
        {
            var (patched, outcome) = Patch(resource, patches, pass);
            findings.UnionWith(outcome.Findings);
            pass.ClosedGuards.UnionWith(outcome.ClosedGuards);
            matched.UnionWith(outcome.Matched);
            if (patched is not null)
            {
                pass.Resources.Add(patched);
                if (!ReferenceEquals(patched, resource))
                {
                    pass.Unpatched[resource.Name] = resource;
                }
            }
            else if (resource.Name.TypeUrl == XdsTypes.Cluster)
            {
                removed.Add(resource.Name.Name);
            }
        }
        pass.Findings.AddRange(findings);
        // A cluster that is gone has no endpoints.
        pass.Resources.RemoveAll(resource => resource.Name.TypeUrl == XdsTypes.Endpoint && removed.Contains(resource.Name.Name));
        Add(patches.Of(EnvoyApplyTo.Cluster), XdsTypes.Cluster, pass);
        Add(patches.Of(EnvoyApplyTo.Listener), XdsTypes.Listener, pass);
        pass.Findings.AddRange(UnmatchedPatches.Find(patches.All.Where(patch => !matched.Contains(patch)), before));
        pass.Memory.PatchedParts.EndPass();
        pass.Memory.PatchedHosts.EndPass();
    }

    private static PatchedPart Patch(XdsResource resource, EnvoyPatchSet patches, TranslationPass pass)
    {
        if (resource.Name.TypeUrl == XdsTypes.Endpoint)
        {
            return new PatchedPart(resource, new PatchOutcome());
        }
        var servers = resource.Name.TypeUrl == XdsTypes.Route ? pass.Gateway.ServersByRouteName.GetValueOrDefault(resource.Name.Name) ?? [] : null;
        // Which routes are meant depends on the servers, of which a route configuration that stays the same can get others.
        var key = new IdentityList([resource, .. servers ?? []]);
        if (!pass.Memory.PatchedParts.TryGet(key, out var known))
        {
            var outcome = new PatchOutcome();
            var patched = resource.Message switch
            {
                Listener listener => Of(resource, new ListenerPatches(patches, outcome).Apply(listener)),
                Cluster cluster => Of(resource, new ClusterPatches(patches, outcome).Apply(cluster)),
                RouteConfiguration configuration when patches.HasAny(EnvoyApplyTo.RouteConfiguration, EnvoyApplyTo.VirtualHost, EnvoyApplyTo.HttpRoute) =>
                    Of(resource, new RoutePatches(patches, pass.Memory.PatchedHosts, outcome).Apply(configuration, servers ?? [])),
                _ => resource,
            };
            known = new PatchedPart(patched, outcome);
            pass.Memory.PatchedParts.Set(key, known);
        }
        return known;
    }

    private static XdsResource? Of(XdsResource resource, IMessage? message) =>
        message is null ? null : ReferenceEquals(message, resource.Message) ? resource : Resource(resource.Name, message, ContentHash.Of(message));

    private static XdsResource Of(XdsResource resource, (RouteConfiguration Message, ContentHash Hash) patched) => Resource(resource.Name, patched.Message, patched.Hash);

    /// <summary>A resource keeps its name, by which others find it, whatever a patch says.</summary>
    private static XdsResource Resource(XdsName name, IMessage message, ContentHash hash)
    {
        switch (message)
        {
            case Listener listener:
                listener.Name = name.Name;
                break;
            case Cluster cluster:
                cluster.Name = name.Name;
                break;
        }
        return new XdsResource(name, hash.ToString(), message);
    }

    private static void Add(IEnumerable<EnvoyPatch> patches, string type, TranslationPass pass)
    {
        foreach (var patch in patches.Where(patch => patch.Operation == EnvoyPatchOperation.Add))
        {
            var name = new XdsName(type, patch.Value is Listener listener ? listener.Name : ((Cluster)patch.Value!).Name);
            if (pass.Resources.Exists(resource => resource.Name == name))
            {
                pass.Findings.Add(Finding.Warning(
                    DiagnosticCodes.PatchBroken, patch.Source, $"{patch.ValuePath}.name", $"\"{name.Name}\" is there already; the patch is left out"));
                continue;
            }
            if (patch.Value is Listener { Address: { } address } && pass.Resources.Find(resource => resource.Message is Listener known && address.Equals(known.Address)) is { } other)
            {
                // Which of the two served would be chance.
                pass.Findings.Add(Finding.Warning(
                    DiagnosticCodes.PatchBroken, patch.Source, $"{patch.ValuePath}.address", $"the listener \"{other.Name.Name}\" has this address already; the patch is left out"));
                continue;
            }
            pass.AddedByPatches.Add(name);
            pass.Resources.Add(new XdsResource(name, ContentHash.Of(patch.Value!).ToString(), patch.Value!));
        }
    }
}
