using System.Runtime.CompilerServices;
using System.Text;
using Envoy.Service.Ratelimit.V3;
using Google.Protobuf.Collections;
using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Telemetry;
using HeaderValue = Envoy.Config.Core.V3.HeaderValue;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>Asks a service that counts for all gateways whether a request is within its limits (Envoy: <c>envoy.filters.http.ratelimit</c>).</summary>
internal sealed class GlobalRateLimitFilter(GlobalRateLimitRule rule) : HttpFilter
{
    private const string MetadataName = "envoy.filters.http.ratelimit";

    /// <inheritdoc/>
    public override bool IsInert => rule.EnabledShare.Numerator == 0;

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config) => config.Settings is not GlobalRateLimitRouteSettings route
        ? base.ForRoute(config)
        : new GlobalRateLimitFilter(rule with
        {
            HostDescriptors = route.HostDescriptors,
            OwnDescriptors = route.OwnDescriptors.Length > 0 ? route.OwnDescriptors : rule.OwnDescriptors,
            Domain = route.Domain.Length > 0 ? route.Domain : rule.Domain,
        });

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        if (!IsAsked(run) || !rule.EnabledShare.Contains((ulong)run.Worker.Random.NextInt64()))
        {
            return default;
        }

        RateLimitQuestion question = RateLimitQuestion.Of(run, rule, isAtEnd: false);
        return question.Request.Descriptors.Count == 0 ? default : AskAsync(run, question);
    }

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        GlobalRateLimitState state = run.StateOf<GlobalRateLimitState>();
        HeaderMap headers = run.Exchange.Response.Headers;
        foreach ((byte[] name, byte[] value) in state.Fields)
        {
            headers.Add(name, value);
        }

        if (state.IsOver && rule.TellsRefusal)
        {
            headers.Set("x-envoy-ratelimited"u8, "true"u8);
        }

        if (state.IsRefused)
        {
            rule.ResponseHeaders.Apply(headers, run.Exchange);
        }

        state.Standing?.AddTo(headers);
    }

    /// <inheritdoc/>
    public override void OnEnd(FilterRun run)
    {
        if (IsAsked(run) && RateLimitQuestion.Of(run, rule, isAtEnd: true) is { Request.Descriptors.Count: > 0 } question)
        {
            run.Worker.Run(CountAsync(run.Services, question.Request, StatsOf(run)));
        }
    }

    // What goes to no cluster is not asked about (Envoy).
    private bool IsAsked(FilterRun run) => run.Cluster is not null
        && (rule.IsForInternal is not { } isInternal
            || isInternal == (run.Exchange.Request.Headers.TryGet("x-envoy-internal"u8, out ReadOnlySpan<byte> value) && value.SequenceEqual("true"u8)));

    private RateLimitStats StatsOf(FilterRun run) => run.Cluster!.RateLimitStatsOf(rule.StatPrefix);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask CountAsync(FilterServices services, RateLimitRequest request, RateLimitStats stats)
    {
        stats.Count(await rule.Service.AskAsync(services.ClientOf(rule.Service.Cluster), request, hopCount: 0, CancellationToken.None) switch
        {
            null => RateLimitVerdict.Error,
            { OverallCode: RateLimitResponse.Types.Code.OverLimit } => RateLimitVerdict.OverLimit,
            _ => RateLimitVerdict.Ok,
        });
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<LocalReply?> AskAsync(FilterRun run, RateLimitQuestion question)
    {
        RateLimitStats stats = StatsOf(run);
        RateLimitResponse? response = await rule.Service.AskAsync(run.Services.ClientOf(rule.Service.Cluster), question.Request, run.Exchange.Request.HopCount, run.Cancellation);
        if (response is null)
        {
            stats.Count(RateLimitVerdict.Error);
            if (rule.RefusedOnFailureShare.Contains((ulong)run.Worker.Random.NextInt64()))
            {
                return rule.ErrorReply;
            }

            stats.FailureModeAllowed++;
            return null;
        }

        if (response.DynamicMetadata is { Fields.Count: > 0 } noted)
        {
            foreach ((string name, MetadataValue value) in MetadataValue.Of(noted).Members)
            {
                run.Exchange.DynamicMetadata.Set(MetadataName, name, value);
            }
        }

        GlobalRateLimitState state = run.StateOf<GlobalRateLimitState>();
        state.IsOver = response.OverallCode == RateLimitResponse.Types.Code.OverLimit;
        state.Standing = LimitStanding.Of(response, rule.TellsLimit, question.Telling);
        stats.Count(state.IsOver ? RateLimitVerdict.OverLimit : RateLimitVerdict.Ok);
        List<(byte[] Name, byte[] Value)> fields = FieldsOf(response.ResponseHeadersToAdd);
        if (state.IsOver && rule.EnforcedShare.Contains((ulong)run.Worker.Random.NextInt64()))
        {
            state.IsRefused = true;
            return rule.Reply with { Body = response.RawBody.ToByteArray(), Fields = fields };
        }

        state.Fields.AddRange(fields);
        foreach ((byte[] name, byte[] value) in FieldsOf(response.RequestHeadersToAdd))
        {
            run.Exchange.Request.Headers.Add(name, value);
        }

        return null;
    }

    // What would be no field, or says how a message is framed, is left out.
    private static List<(byte[] Name, byte[] Value)> FieldsOf(RepeatedField<HeaderValue> fields)
    {
        List<(byte[] Name, byte[] Value)> made = [];
        foreach (HeaderValue field in fields)
        {
            byte[] name = Encoding.UTF8.GetBytes(field.Key.ToLowerInvariant());
            byte[] value = field.RawValue.Length > 0 ? field.RawValue.ToByteArray() : Encoding.UTF8.GetBytes(field.Value);
            if (HttpTokens.IsToken(name) && HttpTokens.IsFieldValue(value)
                && !name.AsSpan().SequenceEqual("content-length"u8) && !name.AsSpan().SequenceEqual("transfer-encoding"u8) && !name.AsSpan().SequenceEqual("connection"u8))
            {
                made.Add((name, value));
            }
        }

        return made;
    }
}
