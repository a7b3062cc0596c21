using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>What requests of a kind have to carry.</summary>
/// <param name="Match">Which requests.</param>
/// <param name="Requirement">What they have to carry; null for nothing.</param>
internal sealed record JwtRule(RouteMatcher Match, JwtRequirement? Requirement);

/// <summary>Verifies tokens, and tells those behind it what is in them (Envoy: <c>envoy.filters.http.jwt_authn</c>; security-envoy.md 2 and 8).</summary>
internal sealed class JwtFilter : HttpFilter
{
    private readonly byte[][] _ownFields = [];
    private StatScope<JwtStats>? _stats;

    /// <summary>Whose tokens are taken.</summary>
    public JwtProvider[] Providers
    {
        get;
        init
        {
            field = value;
            _ownFields =
            [
                .. value.SelectMany(static provider => provider.ClaimHeaders.Select(static claim => claim.Header).Append(provider.PayloadHeader))
                    .Where(static name => name.Length > 0)
                    .DistinctBy(Encoding.ASCII.GetString),
            ];
        }
    } = [];

    /// <summary>What is asked of requests; the first rule that fits counts.</summary>
    public JwtRule[] Rules { get; init; } = [];

    /// <summary>What routes can ask for by name.</summary>
    public IReadOnlyDictionary<string, JwtRequirement> Named { get; init; } = new Dictionary<string, JwtRequirement>();

    /// <summary>What the route asks for; null where the rules say it.</summary>
    public JwtRequirement? OfRoute { get; init; }

    /// <summary>Whether the route asks for something that is not there.</summary>
    public bool IsRouteWrong { get; init; }

    /// <summary>Whether a browser's question before a request needs no token.</summary>
    public bool BypassesPreflight { get; init; }

    /// <summary>Whether clients are not told why they are refused.</summary>
    public bool StripsFailure { get; init; }

    /// <inheritdoc/>
    public override bool IsInert => Rules.Length == 0 && OfRoute is null && !IsRouteWrong && _ownFields.Length == 0;

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config)
    {
        if (config.Settings is not string name)
        {
            return base.ForRoute(config);
        }

        JwtRequirement? requirement = Named.GetValueOrDefault(name);
        return new JwtFilter
        {
            Providers = Providers,
            OfRoute = requirement,
            IsRouteWrong = requirement is null,
            BypassesPreflight = BypassesPreflight,
            StripsFailure = StripsFailure,
        };
    }

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        RequestHead request = run.Exchange.Request;
        _stats ??= run.Worker.Stats.AddJwt(run.StatScope);
        JwtStats stats = _stats.ForWorker(run.Worker.Index);

        // 1. What only we may say of a token does not come from a client.
        bool isChanged = false;
        foreach (byte[] name in _ownFields)
        {
            isChanged |= request.Headers.Remove(name);
        }

        // 2. Who needs no token.
        bool isPreflight = BypassesPreflight && IsPreflight(request);
        JwtRequirement? requirement = isPreflight ? null : OfRoute ?? RequirementOf(run);
        if (IsRouteWrong && !isPreflight)
        {
            stats.Denied++;
            return new(WrongRoute);
        }

        if (requirement is null)
        {
            stats.PreflightsBypassed += isPreflight ? 1 : 0;
            stats.Allowed++;
            if (isChanged)
            {
                run.ChooseRouteAgain();
            }

            return default;
        }

        // 3. The others' tokens.
        JwtCheck check = run.StateOf<JwtCheck>();
        check.Begin(run, Providers, stats);
        JwtStatus status = requirement.Check(check);
        return check.Awaited is null ? new(Conclude(run, check, status, isChanged)) : WaitAsync(run, check, requirement, isChanged);
    }

    private static readonly LocalReply WrongRoute =
        new(403, "Failed JWT authentication"u8.ToArray(), ResponseFlags.None, "jwt_authn_access_denied{Wrong_requirement_name}");

    private static bool IsPreflight(RequestHead request) =>
        request.Method == KnownMethod.Options
        && request.Headers.TryGet(KnownHeader.Origin, out ReadOnlySpan<byte> origin) && !origin.IsEmpty
        && request.Headers.TryGet(KnownHeader.AccessControlRequestMethod, out ReadOnlySpan<byte> method) && !method.IsEmpty;

    private JwtRequirement? RequirementOf(FilterRun run)
    {
        if (Rules.Length == 0)
        {
            return null;
        }

        HttpExchange exchange = run.Exchange;
        var asked = new RouteRequest(exchange.Request, exchange.IsDownstreamTls, (ulong)run.Worker.Random.NextInt64()) { Metadata = exchange.DynamicMetadata };
        foreach (JwtRule rule in Rules)
        {
            if (rule.Match.Matches(asked))
            {
                return rule.Requirement;
            }
        }

        return null;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<LocalReply?> WaitAsync(FilterRun run, JwtCheck check, JwtRequirement requirement, bool isChanged)
    {
        JwtStatus status;
        do
        {
            await check.FetchAsync();
            status = requirement.Check(check);
        }
        while (check.Awaited is not null);
        return Conclude(run, check, status, isChanged);
    }

    private LocalReply? Conclude(FilterRun run, JwtCheck check, JwtStatus status, bool isChanged)
    {
        JwtStats stats = _stats!.ForWorker(run.Worker.Index);
        if (status != JwtStatus.Ok)
        {
            stats.Denied++;
            return Refusal(run.Exchange, status);
        }

        stats.Allowed++;
        for (int i = 0; i < check.VerifiedCount; i++)
        {
            (VerifiedToken token, JwtPlace place) = check.VerifiedAt(i);
            token.AddFields(run.Exchange.Request.Headers);
            token.Note(run.Exchange.DynamicMetadata);
            if (!token.Provider.Forwards)
            {
                place.Location.Remove(run.Exchange.Request);
            }

            isChanged |= token.Provider.ChoosesRouteAgain;
        }

        // Routes can ask for what a token says; and what was forged has to choose none.
        if (isChanged)
        {
            run.ChooseRouteAgain();
        }

        return null;
    }

    private LocalReply Refusal(HttpExchange exchange, JwtStatus status)
    {
        int code = status == JwtStatus.AudienceNotAllowed ? 403 : 401;
        if (StripsFailure)
        {
            return new LocalReply(code, [], ResponseFlags.None, JwtStatusTexts.Details(status));
        }

        byte[] challenge = [.. Challenge.Of("Bearer"u8, exchange), .. status == JwtStatus.Missing ? default : ", error=\"invalid_token\""u8];
        return new LocalReply(code, JwtStatusTexts.Body(status), ResponseFlags.None, JwtStatusTexts.Details(status))
        {
            Fields = [("www-authenticate"u8.ToArray(), challenge)],
        };
    }
}
