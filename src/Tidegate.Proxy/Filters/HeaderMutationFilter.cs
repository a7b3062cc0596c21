using Tidegate.Proxy.Fields;
using Tidegate.Proxy.LocalReplies;

namespace Tidegate.Proxy.Filters;

/// <summary>Changes to requests and answers, one after the other as they are written.</summary>
internal sealed record HeaderMutationRule(HeaderMutations Request, HeaderMutations Response);

/// <summary>
/// Changes fields (Envoy: <c>envoy.filters.http.header_mutation</c>): first what the listener says, then what the levels of the route say,
/// the most specific first unless <c>most_specific_header_mutations_wins</c>.
/// </summary>
internal sealed class HeaderMutationFilter(HeaderMutationRule[] rules, bool isMostSpecificLast) : HttpFilter
{
    /// <inheritdoc/>
    public override bool IsInert => rules.All(static rule => rule.Request.IsEmpty && rule.Response.IsEmpty);

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config)
    {
        List<HeaderMutationRule> levels = [];
        for (RouteFilterConfig? level = config; level is not null; level = level.Above)
        {
            if (level.Settings is HeaderMutationRule rule)
            {
                levels.Add(rule);
            }
        }

        if (isMostSpecificLast)
        {
            levels.Reverse();
        }

        return new HeaderMutationFilter([.. rules, .. levels], isMostSpecificLast);
    }

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        foreach (HeaderMutationRule rule in rules)
        {
            rule.Request.Apply(run.Exchange.Request.Headers, run.Exchange);
        }

        return default;
    }

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        foreach (HeaderMutationRule rule in rules)
        {
            rule.Response.Apply(run.Exchange.Response.Headers, run.Exchange);
        }
    }
}
