using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Listeners;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>Applies the patches of listeners, filter chains and filters, from the outside inwards, as Istio's <c>listener_patch.go</c>.</summary>
/// <param name="patches">The patches.</param>
/// <param name="outcome">Takes what comes of them.</param>
internal sealed class ListenerPatches(EnvoyPatchSet patches, PatchOutcome outcome)
{
    /// <summary>The listener with all patches, or null when one takes it away.</summary>
    public Listener? Apply(Listener listener)
    {
        foreach (var patch in patches.Of(EnvoyApplyTo.Listener).Where(patch => IsMeant(listener, patch)))
        {
            if (patch.Operation == EnvoyPatchOperation.Remove)
            {
                outcome.Matched.Add(patch);
                return null;
            }
            if (patch.Merges)
            {
                outcome.Matched.Add(patch);
                listener = patch.MergeInto(listener);
            }
        }
        var result = MessageMerge.Copy(listener);
        ApplyListenerFilters(result);
        for (var i = result.FilterChains.Count - 1; i >= 0; i--)
        {
            if (Apply(result, result.FilterChains[i]) is { } chain)
            {
                result.FilterChains[i] = chain;
            }
            else
            {
                result.FilterChains.RemoveAt(i);
            }
        }
        if (result.DefaultFilterChain is { } last)
        {
            result.DefaultFilterChain = Apply(result, last);
        }
        foreach (var patch in patches.Of(EnvoyApplyTo.FilterChain).Where(patch => patch.Operation == EnvoyPatchOperation.Add && IsMeant(result, patch)))
        {
            outcome.Matched.Add(patch);
            result.FilterChains.Add((FilterChain)patch.Value!);
        }
        return result;
    }

    private void ApplyListenerFilters(Listener listener)
    {
        foreach (var patch in patches.Of(EnvoyApplyTo.ListenerFilter).Where(patch => IsMeant(listener, patch)))
        {
            var name = patch.Listener?.ListenerFilter ?? "";
            Note(patch, patch.Edit(listener.ListenerFilters, name.Length > 0, filter => filter.Name == name));
            for (var i = 0; patch.Merges && i < listener.ListenerFilters.Count; i++)
            {
                var (filter, value) = (listener.ListenerFilters[i], (ListenerFilter)patch.Value!);
                Note(patch, filter.Name == name);
                if (name.Length > 0 && filter.Name == name && Merge(filter.TypedConfig, value.TypedConfig, patch) is { } merged)
                {
                    listener.ListenerFilters[i] = new ListenerFilter(filter) { TypedConfig = merged };
                }
            }
        }
    }

    private FilterChain? Apply(Listener listener, FilterChain chain)
    {
        var chainPatches = patches.Of(EnvoyApplyTo.FilterChain).Where(patch => IsMeant(listener, patch) && IsMeant(chain, patch)).ToArray();
        foreach (var patch in chainPatches)
        {
            if (patch.Operation == EnvoyPatchOperation.Remove)
            {
                outcome.Matched.Add(patch);
                return null;
            }
            if (patch.Merges)
            {
                outcome.Matched.Add(patch);
                chain = TransportSocketMerge.Apply(chain, patch);
            }
        }
        if (chainPatches.Length == 0 && !patches.HasAny(EnvoyApplyTo.NetworkFilter, EnvoyApplyTo.HttpFilter))
        {
            return chain;
        }
        var result = MessageMerge.Copy(chain);
        var meant = patches.Of(EnvoyApplyTo.NetworkFilter).Where(patch => IsMeant(listener, patch) && IsMeant(chain, patch)).ToArray();
        foreach (var patch in meant)
        {
            Note(patch, patch.Edit(result.Filters, patch.Listener?.FilterChain?.Filter is not null, filter => IsMeant(filter, patch)));
        }
        ChainEnds.Mend(result.Filters, [.. chainPatches, .. meant], outcome);
        for (var i = 0; i < result.Filters.Count; i++)
        {
            foreach (var patch in meant.Where(patch => patch.Merges && IsMeant(result.Filters[i], patch)))
            {
                outcome.Matched.Add(patch);
                result.Filters[i] = Merge(result.Filters[i], patch);
            }
            result.Filters[i] = ApplyHttpFilters(listener, chain, result.Filters[i]);
        }
        // A chain without filters has nothing to do with a connection.
        return result.Filters.Count == 0 ? null : result;
    }

    private Filter Merge(Filter filter, EnvoyPatch patch)
    {
        var value = (Filter)patch.Value!;
        var result = new Filter(filter);
        result.Name = value.Name.Length > 0 ? value.Name : result.Name;
        if (Merge(filter.TypedConfig, value.TypedConfig, patch) is { } merged)
        {
            result.TypedConfig = ChainEnds.Mend(merged, filter.TypedConfig!, patch, outcome);
        }
        return result;
    }

    private Filter ApplyHttpFilters(Listener listener, FilterChain chain, Filter filter)
    {
        if (filter.Name != HttpConnectionManagerTranslation.FilterName || filter.TypedConfig?.Is(HttpConnectionManager.Descriptor) != true)
        {
            return filter;
        }
        var meant = patches.Of(EnvoyApplyTo.HttpFilter)
            .Where(patch => IsMeant(listener, patch) && IsMeant(chain, patch) && IsMeant(filter, patch))
            .ToArray();
        if (meant.Length == 0)
        {
            return filter;
        }
        var manager = filter.TypedConfig.Unpack<HttpConnectionManager>();
        HttpFilter[] before = [.. manager.HttpFilters];
        foreach (var patch in meant)
        {
            Note(patch, patch.Edit(manager.HttpFilters, LooksForHttpFilter(patch), http => IsMeant(http, patch)));
        }
        ChainEnds.Mend(manager.HttpFilters, before, meant, outcome);
        for (var i = 0; i < manager.HttpFilters.Count; i++)
        {
            foreach (var patch in meant.Where(patch => patch.Merges && IsMeant(manager.HttpFilters[i], patch)))
            {
                outcome.Matched.Add(patch);
                var value = (HttpFilter)patch.Value!;
                var rest = MessageMerge.Copy(value);
                rest.ClearConfigType();
                var result = (patch with { Value = rest }).MergeInto(manager.HttpFilters[i]);
                result.TypedConfig = Merge(manager.HttpFilters[i].TypedConfig, value.TypedConfig, patch) ?? result.TypedConfig;
                manager.HttpFilters[i] = result;
            }
        }
        return new Filter(filter) { TypedConfig = Any.Pack(manager) };
    }

    private void Note(EnvoyPatch patch, bool hasFound)
    {
        if (hasFound)
        {
            outcome.Matched.Add(patch);
        }
    }

    /// <summary>Null when there is nothing to merge.</summary>
    private Any? Merge(Any? target, Any? value, EnvoyPatch patch)
    {
        if (target is null || value is null)
        {
            return null;
        }
        // A guard that cannot be used is so whatever it is merged into.
        if (value.Is(global::Xds.Type.V3.TypedStruct.Descriptor))
        {
            return value;
        }
        var merged = MessageMerge.Merge(target, value);
        if (merged is null)
        {
            outcome.Findings.Add(Finding.Warning(
                DiagnosticCodes.PatchBroken,
                patch.Source,
                $"{patch.ValuePath}.typed_config",
                $"{Any.GetTypeName(value.TypeUrl)} cannot be merged into {Any.GetTypeName(target.TypeUrl)}; the patch has no effect there"));
        }
        return merged;
    }

    private static bool IsMeant(Listener listener, EnvoyPatch patch)
    {
        var match = patch.Listener;
        return match is null ||
            ((match.Name.Length == 0 || match.Name == listener.Name) &&
            (match.PortNumber == 0 || listener.Address?.SocketAddress?.PortValue == match.PortNumber));
    }

    private static bool IsMeant(FilterChain chain, EnvoyPatch patch)
    {
        if (patch.Listener?.FilterChain is not { } match)
        {
            return true;
        }
        var own = chain.FilterChainMatch;
        return (match.Name.Length == 0 || match.Name == chain.Name) &&
            (match.Sni.Length == 0 || own?.ServerNames.Contains(match.Sni) == true) &&
            (match.TransportProtocol.Length == 0 || own?.TransportProtocol == match.TransportProtocol) &&
            (match.ApplicationProtocols.Length == 0 || (own is not null && match.ApplicationProtocols.Split(',').All(own.ApplicationProtocols.Contains))) &&
            (match.DestinationPort == 0 || own?.DestinationPort == match.DestinationPort);
    }

    private static bool IsMeant(Filter filter, EnvoyPatch patch) =>
        patch.Listener?.FilterChain?.Filter is not { } name || name == filter.Name;

    private static bool IsMeant(HttpFilter filter, EnvoyPatch patch) =>
        !LooksForHttpFilter(patch) || patch.Listener!.FilterChain!.SubFilter == filter.Name;

    private static bool LooksForHttpFilter(EnvoyPatch patch) =>
        patch.Listener?.FilterChain is { Filter: not null, SubFilter: not null };
}
