using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks that what an EnvoyFilter's patches are for, and what they match, go together (Istio: <c>validateEnvoyFilter</c>).</summary>
internal static class EnvoyFilterValidation
{
    private const string ConnectionManager = "envoy.filters.network.http_connection_manager";

    public static void Check(EnvoyFilter filter, Findings findings)
    {
        for (int i = 0; i < filter.Spec.ConfigPatches.Count; i++)
        {
            if (filter.Spec.ConfigPatches[i].Match is { } match)
            {
                Check(filter.Spec.ConfigPatches[i].ApplyTo, match, $"spec.configPatches[{i}].match", findings);
            }
        }
    }

    private static void Check(EnvoyApplyTo applyTo, EnvoyPatchMatch match, string field, Findings findings)
    {
        bool isNamed = match.Listener is not null || match.RouteConfiguration is not null || match.Cluster is not null;
        switch (applyTo)
        {
            case EnvoyApplyTo.Listener or EnvoyApplyTo.FilterChain or EnvoyApplyTo.NetworkFilter or EnvoyApplyTo.HttpFilter or EnvoyApplyTo.ListenerFilter:
                if (isNamed && match.Listener is null)
                {
                    findings.Error(field, "Envoy filter: applyTo for listener class objects cannot have non listener match");
                }
                else if (match.Listener?.FilterChain is { } chain)
                {
                    CheckFilter(applyTo, chain, $"{field}.listener.filterChain.filter", findings);
                }

                break;
            case EnvoyApplyTo.RouteConfiguration or EnvoyApplyTo.VirtualHost or EnvoyApplyTo.HttpRoute when isNamed && match.RouteConfiguration is null:
                findings.Error(field, "Envoy filter: applyTo for http route class objects cannot have non route configuration match");
                break;
            case EnvoyApplyTo.Cluster when isNamed && match.Cluster is null:
                findings.Error(field, "Envoy filter: applyTo for cluster class objects cannot have non cluster match");
                break;
        }
    }

    private static void CheckFilter(EnvoyApplyTo applyTo, EnvoyFilterChainMatch chain, string field, Findings findings)
    {
        if (chain.Filter is not { } name)
        {
            return;
        }

        if (applyTo is EnvoyApplyTo.Listener or EnvoyApplyTo.FilterChain)
        {
            findings.Warn(field, $"Envoy filter: filter match has no effect when used with {(applyTo == EnvoyApplyTo.Listener ? "LISTENER" : "FILTER_CHAIN")}");
        }

        if (name.Length == 0)
        {
            findings.Error(field, "Envoy filter: filter match has no name to match on");
        }
        else if (chain.SubFilter is not null && applyTo != EnvoyApplyTo.HttpFilter)
        {
            findings.Error($"{field}.subFilter", "Envoy filter: subfilter match can be used with applyTo HTTP_FILTER only");
        }
        else if (chain.SubFilter is not null && name != ConnectionManager)
        {
            findings.Error($"{field}.subFilter", $"Envoy filter: subfilter match requires filter match with {ConnectionManager}");
        }
        else if (chain.SubFilter is "")
        {
            findings.Error($"{field}.subFilter", "Envoy filter: subfilter match has no name to match on");
        }
    }
}
