using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Listeners;
using Tidegate.Pilot.Validation;
using Tidegate.Rules.Values;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// What patches do to the filter that ends a chain: one put behind it, or none left, would cost a stock Envoy the whole listener, so it costs the patch. Only a
/// guard stays where it was put, so that the proxy closes what it should have guarded.
/// </summary>
internal static class ChainEnds
{
    /// <summary>The filters of a connection manager: the router is the last.</summary>
    public static void Mend(IList<HttpFilter> filters, IList<HttpFilter> before, IReadOnlyList<EnvoyPatch> patches, PatchOutcome outcome)
    {
        if (!filters.Any(IsEnd) && before.LastOrDefault(IsEnd) is { } router)
        {
            filters.Add(router);
            foreach (var patch in patches.Where(patch => patch.Operation is EnvoyPatchOperation.Remove or EnvoyPatchOperation.Replace && patch.FilterName == router.Name))
            {
                outcome.Findings.Add(Finding.Warning(
                    DiagnosticCodes.PatchBroken, patch.Source, $"configPatches[{patch.Index}].patch.operation", "takes the router away, without which no request gets anywhere; the router stays"));
            }
        }
        LeaveOutBehind(filters, IsEnd, static filter => (filter.Name, filter.TypedConfig), "the router", (filter, _) => PlaceOf(filter, patches), outcome);
    }

    /// <summary>A network filter with a patch merged in: what is merged into the filters of a connection manager comes behind its router.</summary>
    /// <param name="merged">What came of it.</param>
    /// <param name="before">What it was.</param>
    /// <param name="patch">The patch.</param>
    /// <param name="outcome">Takes what is left out.</param>
    public static Any Mend(Any merged, Any before, EnvoyPatch patch, PatchOutcome outcome)
    {
        if (!merged.Is(HttpConnectionManager.Descriptor))
        {
            return merged;
        }
        var (manager, own) = (merged.Unpack<HttpConnectionManager>(), before.Unpack<HttpConnectionManager>().HttpFilters.Count);
        if (manager.HttpFilters.Count == own)
        {
            return merged;
        }
        LeaveOutBehind(
            manager.HttpFilters,
            IsEnd,
            static filter => (filter.Name, filter.TypedConfig),
            "the router",
            (_, index) => index < own ? null : (patch, $"{patch.ValuePath}.typed_config.http_filters[{index - own}]"),
            outcome);
        return Any.Pack(manager);
    }

    /// <summary>The network filters of a chain: what takes the connection is the last.</summary>
    public static void Mend(IList<Filter> filters, IReadOnlyList<EnvoyPatch> patches, PatchOutcome outcome) =>
        LeaveOutBehind(filters, IsEnd, static filter => (filter.Name, filter.TypedConfig), "the one that ends the chain", (filter, _) => PlaceOf(filter, patches), outcome);

    private static (EnvoyPatch Patch, string Field)? PlaceOf(object filter, IReadOnlyList<EnvoyPatch> patches)
    {
        foreach (var patch in patches)
        {
            if (ReferenceEquals(patch.Value, filter))
            {
                return (patch, $"configPatches[{patch.Index}].patch.operation");
            }
            for (var i = 0; patch.Value is FilterChain chain && i < chain.Filters.Count; i++)
            {
                if (ReferenceEquals(chain.Filters[i], filter))
                {
                    return (patch, $"{patch.ValuePath}.filters[{i}]");
                }
            }
        }
        return null;
    }

    private static void LeaveOutBehind<T>(
        IList<T> filters, Func<T, bool> isEnd, Func<T, (string Name, Any? Config)> describe, string end, Func<T, int, (EnvoyPatch Patch, string Field)?> placeOf, PatchOutcome outcome)
    {
        var first = 0;
        while (first < filters.Count && !isEnd(filters[first]))
        {
            first++;
        }
        for (var i = filters.Count - 1; i > first; i--)
        {
            if (placeOf(filters[i], i) is not var (patch, field))
            {
                continue;
            }
            var (name, config) = describe(filters[i]);
            var isGuard = GuardRules.IsGuard(config is null ? name : TypedStructs.TypeNameOf(config));
            var consequence = isGuard ? "what it should guard is closed, unless an earlier version of it can be used" : "it is left out";
            outcome.Findings.Add(new Finding(
                isGuard ? Severity.Error : Severity.Warning,
                isGuard ? DiagnosticCodes.GuardUnusable : DiagnosticCodes.PatchBroken,
                patch.Source,
                field,
                $"puts \"{name}\" behind {end}, which nothing gets past; {consequence}"));
            if (isGuard)
            {
                outcome.ClosedGuards.Add(name);
            }
            else
            {
                filters.RemoveAt(i);
            }
        }
    }

    private static bool IsEnd(HttpFilter filter) =>
        filter.TypedConfig is { } config ? TypedStructs.TypeNameOf(config) == Router.Descriptor.FullName : filter.Name == HttpFilters.Router;

    private static bool IsEnd(Filter filter) =>
        filter.TypedConfig is { } config && TypedStructs.TypeNameOf(config) is var type && (type == HttpConnectionManager.Descriptor.FullName || type == TcpProxy.Descriptor.FullName);
}
