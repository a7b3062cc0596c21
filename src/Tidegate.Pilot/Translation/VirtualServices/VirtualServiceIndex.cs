using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Incremental;

namespace Tidegate.Pilot.Translation.VirtualServices;

/// <summary>The VirtualServices that the gateway sees, by the Gateway they are bound to, in Istio's order (spec 3.2).</summary>
internal sealed class VirtualServiceIndex
{
    private readonly Dictionary<string, List<BoundVirtualService>> _byGateway = new(StringComparer.Ordinal);

    private VirtualServiceIndex(IReadOnlyList<BoundVirtualService> all) => All = all;

    /// <summary>Every VirtualService with hosts, whether the gateway sees it or not.</summary>
    public IReadOnlyList<BoundVirtualService> All { get; }

    /// <summary>Those bound to a Gateway: private ones, then those exported to the proxy's namespace by name, then public ones; each group oldest first.</summary>
    public IReadOnlyList<BoundVirtualService> BoundTo(string gateway) =>
        _byGateway.TryGetValue(gateway, out var list) ? list : (IReadOnlyList<BoundVirtualService>)[];

    /// <summary>Indexes the VirtualServices.</summary>
    /// <param name="ordered">All VirtualServices, oldest first.</param>
    /// <param name="node">The gateway.</param>
    /// <param name="mesh">Mesh settings.</param>
    /// <param name="memory">What was made of them last time.</param>
    public static VirtualServiceIndex Build(IReadOnlyList<VirtualService> ordered, ProxyNode node, MeshSettings mesh, VirtualServiceMemory memory)
    {
        var roots = new List<BoundVirtualService>(ordered.Count);
        Dictionary<string, BoundVirtualService>? delegates = null;
        foreach (var source in ordered)
        {
            var bound = memory.Resolved.GetOrAdd(
                new Identity<VirtualService>(source), mesh, static (key, mesh) => VirtualServiceNames.Resolve(key.Value!, mesh.DomainSuffix));
            if (bound.Hosts.Count == 0)
            {
                (delegates ??= new Dictionary<string, BoundVirtualService>(StringComparer.Ordinal))[$"{bound.Namespace}/{bound.Name}"] = bound;
            }
            else
            {
                roots.Add(bound);
            }
        }
        for (var i = 0; i < roots.Count; i++)
        {
            if (roots[i].HttpRoutes.Any(route => route.Delegate is not null))
            {
                roots[i] = WithDelegates(roots[i], delegates, mesh, memory);
            }
        }
        var index = new VirtualServiceIndex(roots);
        // Three passes, since the group counts before the age.
        foreach (var group in new[] { Group.Private, Group.Exported, Group.Public })
        {
            foreach (var root in roots)
            {
                if (GroupOf(root, node, mesh) == group)
                {
                    index.Add(root);
                }
            }
        }
        return index;
    }

    private enum Group
    {
        Invisible,
        Private,
        Exported,
        Public,
    }

    private static Group GroupOf(BoundVirtualService bound, ProxyNode node, MeshSettings mesh)
    {
        var exportTo = bound.Source.Spec.ExportTo;
        if (Visibility.IsPublic(exportTo, mesh.DefaultVirtualServiceExportTo))
        {
            return Group.Public;
        }
        if (!Visibility.IsVisible(exportTo, mesh.DefaultVirtualServiceExportTo, bound.Namespace, node.Namespace))
        {
            return Group.Invisible;
        }
        return bound.Namespace == node.Namespace ? Group.Private : Group.Exported;
    }

    private static BoundVirtualService WithDelegates(
        BoundVirtualService root, Dictionary<string, BoundVirtualService>? delegates, MeshSettings mesh, VirtualServiceMemory memory)
    {
        var targets = new BoundVirtualService?[root.HttpRoutes.Count];
        for (var i = 0; i < targets.Length; i++)
        {
            if (root.HttpRoutes[i].Delegate is { } reference &&
                delegates?.GetValueOrDefault(DelegateMerge.NameOf(reference, root)) is { } target &&
                Visibility.IsVisible(target.Source.Spec.ExportTo, mesh.DefaultVirtualServiceExportTo, target.Namespace, root.Namespace))
            {
                targets[i] = target;
            }
        }
        return memory.Merged.GetOrAdd(
            new IdentityList([root, .. targets]), (root, targets), static (_, parts) => DelegateMerge.Merge(parts.root, parts.targets));
    }

    private void Add(BoundVirtualService bound)
    {
        foreach (var gateway in bound.Gateways)
        {
            if (!_byGateway.TryGetValue(gateway, out var list))
            {
                _byGateway[gateway] = list = [];
            }
            if (list.Count == 0 || !ReferenceEquals(list[^1], bound))
            {
                list.Add(bound);
            }
        }
    }
}
