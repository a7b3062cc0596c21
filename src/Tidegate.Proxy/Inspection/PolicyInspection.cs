using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.Authorization;
using Tidegate.Proxy.Filters.ExternalAuthorization;
using Tidegate.Proxy.Filters.Jwt;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;

namespace Tidegate.Proxy.Inspection;

/// <summary>A policy that is in force.</summary>
/// <param name="Listener">The listener that has it.</param>
/// <param name="Filter">The filter that asks it.</param>
/// <param name="Action">What becomes of whom it fits.</param>
/// <param name="Policy">Its name.</param>
/// <param name="Matched">How many requests, or connections, it has fitted since it is in force.</param>
public sealed record PolicyState(string Listener, string Filter, string Action, string Policy, long Matched);

/// <summary>A request that is asked about.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Host">Its host, with a port if it has one.</param>
/// <param name="Path">Its path, with a query if it has one.</param>
public sealed record PolicyQuestion(string Method, string Host, string Path)
{
    /// <summary>Its fields.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Who sends it.</summary>
    public IPAddress From { get; init; } = IPAddress.Loopback;

    /// <summary>The listeners' port; null for all.</summary>
    public int? Port { get; init; }

    /// <summary>What a good token of it says, as JSON; null for no token.</summary>
    public string? Claims { get; init; }
}

/// <summary>What a filter makes of a request.</summary>
/// <param name="Listener">The listener, with the number of its filter chain where it has several.</param>
/// <param name="Route">The route that the request takes; empty for none.</param>
/// <param name="Filter">The filter.</param>
/// <param name="Action">What its policies do, or what it is.</param>
/// <param name="Policy">The policy that fits; empty for none.</param>
/// <param name="Decision">What becomes of the request.</param>
public sealed record PolicyDecision(string Listener, string Route, string Filter, string Action, string Policy, string Decision);

/// <summary>Which policies are in force, and what each makes of a request. For control threads: it reads what workers run on, and changes nothing.</summary>
internal static class PolicyInspection
{
    private const string Allowed = "allowed";

    /// <summary>All policies of some listeners, and of the routes that have their own.</summary>
    public static IEnumerable<PolicyState> States(IEnumerable<RuntimeListener> listeners) =>
        from listener in listeners
        from chain in listener.AllFilterChains
        from found in RulesOf(chain)
        from policy in found.Rules.Policies
        select new PolicyState(listener.Name, found.Filter, ActionOf(found.Rules, found.IsTried), policy.Name, policy.Matched);

    /// <summary>What becomes of a request, filter by filter, up to the one that refuses it.</summary>
    /// <exception cref="JsonException">The claims are no JSON.</exception>
    public static IReadOnlyList<PolicyDecision> Decide(IEnumerable<RuntimeListener> listeners, PolicyQuestion question)
    {
        List<PolicyDecision> decisions = [];
        foreach (RuntimeListener listener in listeners)
        {
            int port = listener.Addresses.Count > 0 ? listener.Addresses[0].Port : 0;
            RuntimeFilterChain[] chains = [.. listener.AllFilterChains.Where(static chain => chain.Http is not null)];
            for (int i = 0; i < chains.Length && (question.Port ?? port) == port; i++)
            {
                string name = chains.Length > 1 ? $"{listener.Name}[{i.ToString(CultureInfo.InvariantCulture)}]" : listener.Name;
                decisions.AddRange(Decide(name, chains[i], port, question));
            }
        }

        return decisions;
    }

    private static IEnumerable<PolicyDecision> Decide(string listener, RuntimeFilterChain chain, int port, PolicyQuestion question)
    {
        // 1. The request as it comes to the filters.
        RuntimeHttpConnectionManager manager = chain.Http!;
        var exchange = new RoutedExchange { ConnectionManager = manager, IsDownstreamTls = chain.Tls is not null };
        exchange.DownstreamPeerAddress = NetAddress.From(question.From, 0);
        exchange.DownstreamRemoteAddress = exchange.DownstreamPeerAddress;
        exchange.DownstreamLocalAddress = NetAddress.From(IPAddress.Any, port);
        if (!Fill(exchange.Request, question) || exchange.Request.NormalizePath(manager.PathOptions) == Http.Paths.PathResult.Rejected)
        {
            yield return new PolicyDecision(listener, string.Empty, string.Empty, string.Empty, string.Empty, "400: it is no request, or its path cannot be normalised");
            yield break;
        }

        MetadataValue? claims = question.Claims is null ? null : MetadataValue.Of(JsonDocument.Parse(question.Claims).RootElement);
        foreach (JwtProvider provider in manager.Filters.Select(static filter => filter.Filter).OfType<JwtFilter>().SelectMany(static jwt => jwt.Providers))
        {
            if (claims is not null && provider.PayloadKey.Length > 0)
            {
                exchange.DynamicMetadata.Set(VerifiedToken.MetadataName, provider.PayloadKey, claims);
            }
        }

        // 2. The route that it ends up with, and the filters as that has them.
        RuntimeRoute? route = manager.Routes.Current?.Match(new RouteRequest(exchange.Request, exchange.IsDownstreamTls, 0) { Metadata = exchange.DynamicMetadata });
        PlacedFilter[] filters = route is null ? manager.DefaultChain
            : route.Action == RouteActionKind.Forward ? route.ChooseDestination(0).Filters.For(manager)
            : route.Filters.For(manager);
        string routeName = route?.Name ?? string.Empty;
        foreach (PlacedFilter placed in filters)
        {
            foreach ((string action, string policy, string decision, bool isEnd) in Ask(placed, exchange))
            {
                yield return new PolicyDecision(listener, routeName, manager.Filters[placed.Place].Name, action, policy, decision);
                if (isEnd)
                {
                    yield break;
                }
            }
        }

        yield return new PolicyDecision(listener, routeName, string.Empty, "ROUTE", string.Empty, route is null ? "404: no route fits" : "goes on by its route");
    }

    private static List<(string Action, string Policy, string Decision, bool IsEnd)> Ask(PlacedFilter placed, RoutedExchange exchange) => placed.Filter switch
    {
        RbacFilter rbac => Ask(rbac, exchange),
        ExtAuthzFilter authorizer => [Ask(authorizer, exchange)],
        JwtFilter => [("JWT", string.Empty, "tokens are checked; a bad one is 401", false)],
        UnavailableFilter => [("GUARD", string.Empty, "503: it cannot be used as it is configured", true)],
        _ => placed.IsGuard ? [("GUARD", string.Empty, "may refuse it", false)] : [],
    };

    private static List<(string Action, string Policy, string Decision, bool IsEnd)> Ask(RbacFilter rbac, RoutedExchange exchange)
    {
        List<(string, string, string, bool)> found = [];
        var subject = new AccessSubject(exchange);
        if (rbac.ShadowRules is { } tried)
        {
            AccessPolicy? policy = tried.Find(subject);
            rbac.ShadowNames.NoteShadow(exchange.DynamicMetadata, RbacFilter.MetadataName, policy, tried.LetsIn(policy));
            found.Add((ActionOf(tried, isTried: true), policy?.Name ?? string.Empty, tried.LetsIn(policy) ? Allowed : "denied, if it were enforced", false));
        }

        if (rbac.Rules is { } rules)
        {
            AccessPolicy? policy = rules.Find(subject);
            bool letsIn = rules.LetsIn(policy);
            found.Add((ActionOf(rules, isTried: false), policy?.Name ?? string.Empty, letsIn ? Allowed : "403: denied", !letsIn));
        }

        return found;
    }

    private static (string Action, string Policy, string Decision, bool IsEnd) Ask(ExtAuthzFilter filter, RoutedExchange exchange)
    {
        string cluster = filter.Settings.Authorizer.Cluster.Name;
        return ("AUTHORIZER", string.Empty, filter.Settings.EnabledBy?.Matches(exchange.DynamicMetadata) == false ? "is not asked" : $"asks {cluster}", false);
    }

    private static bool Fill(RequestHead request, PolicyQuestion question)
    {
        bool isRequest = request.SetMethod(Encoding.Latin1.GetBytes(question.Method))
            && request.SetAuthority(Encoding.Latin1.GetBytes(question.Host))
            && request.SetPath(Encoding.Latin1.GetBytes(question.Path));
        foreach ((string name, string value) in question.Headers)
        {
            isRequest &= request.Headers.Add(Encoding.Latin1.GetBytes(name.ToLowerInvariant()), Encoding.Latin1.GetBytes(value));
        }

        return isRequest;
    }

    private static IEnumerable<(string Filter, AccessRules Rules, bool IsTried)> RulesOf(RuntimeFilterChain chain)
    {
        IEnumerable<(string Name, HttpFilter? Filter)> http = chain.Http is { } manager ? manager.Filters.Select(static filter => (filter.Name, filter.Filter)) : [];
        foreach ((string name, HttpFilter? filter) in http)
        {
            if (filter is RbacFilter { ShadowRules: { } tried })
            {
                yield return (name, tried, true);
            }

            if (filter is RbacFilter { Rules: { } rules })
            {
                yield return (name, rules, false);
            }
        }

        foreach (ConnectionRbacFilter filter in chain.TcpProxy?.Filters.OfType<ConnectionRbacFilter>() ?? [])
        {
            if (filter.ShadowRules is { } tried)
            {
                yield return ("envoy.filters.network.rbac", tried, true);
            }

            if (filter.Rules is { } rules)
            {
                yield return ("envoy.filters.network.rbac", rules, false);
            }
        }
    }

    private static string ActionOf(AccessRules rules, bool isTried) =>
        (rules.Action switch { AccessAction.Allow => "ALLOW", AccessAction.Deny => "DENY", _ => "LOG" }) + (isTried ? " (dry run)" : string.Empty);
}
