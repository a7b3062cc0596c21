using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters;

/// <summary>What a fault rule does, and to which requests (Envoy: <c>HTTPFault</c>; istio-gateway.md 4.12). Immutable.</summary>
internal sealed record FaultRule
{
    /// <summary>The delay in milliseconds; 0 for none.</summary>
    public long DelayMs { get; init; }

    /// <summary>Whether the request says how long (Envoy: <c>header_delay</c>; field <c>x-envoy-fault-delay-request</c>, milliseconds).</summary>
    public bool IsDelayFromHeader { get; init; }

    /// <summary>The share of requests that is delayed.</summary>
    public RequestFraction DelayShare { get; init; } = new(0, 100);

    /// <summary>What aborted requests are answered with; null when none is aborted, or the request says it.</summary>
    public LocalReply? Abort { get; init; }

    /// <summary>Whether the request says the status (Envoy: <c>header_abort</c>; fields <c>x-envoy-fault-abort-request</c>, <c>x-envoy-fault-abort-grpc-request</c>).</summary>
    public bool IsAbortFromHeader { get; init; }

    /// <summary>The share of requests that is aborted.</summary>
    public RequestFraction AbortShare { get; init; } = new(0, 100);

    /// <summary>Conditions on the request.</summary>
    public HeaderMatcher[] Headers { get; init; } = [];

    /// <summary>The cluster that the request has to be for; empty for any.</summary>
    public string UpstreamCluster { get; init; } = string.Empty;

    /// <summary>How many faults may be under way in a worker; null for any number.</summary>
    public long? MaxActiveFaults { get; init; }

    /// <summary>Whether it can do anything.</summary>
    public bool IsActive => DelayMs > 0 || IsDelayFromHeader || Abort is not null || IsAbortFromHeader;
}

/// <summary>Delays requests and answers them with errors, to see how their clients take it (Envoy: <c>envoy.filters.http.fault</c>).</summary>
internal sealed class FaultFilter(FaultRule rule) : HttpFilter
{
    // What is remembered of a request.
    private const int Active = 1;

    /// <inheritdoc/>
    public override bool IsInert => !rule.IsActive;

    /// <summary>What it does.</summary>
    public FaultRule Rule => rule;

    /// <summary>The answer to an aborted request.</summary>
    public static LocalReply AbortReply(int status) => new(status, "fault filter abort"u8.ToArray(), ResponseFlags.FaultInjected, "fault_filter_abort");

    /// <summary>The same with a gRPC status. Whoever does not speak gRPC sees a 200, as from Envoy.</summary>
    public static LocalReply GrpcAbortReply(int grpcStatus) => AbortReply(200) with { GrpcStatus = grpcStatus };

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        if (!IsFor(run))
        {
            return null;
        }

        if (run.Stats.FaultActiveFaults >= rule.MaxActiveFaults)
        {
            run.Stats.FaultFaultsOverflow++;
            return null;
        }

        long delayMs = DelayOf(run);
        if (delayMs > 0)
        {
            BeginFault(run);
            run.Stats.FaultDelaysInjected++;
            run.Exchange.Flags |= ResponseFlags.DelayInjected;
            await run.DelayAsync(delayMs);
        }

        LocalReply? abort = AbortOf(run);
        if (abort is not null)
        {
            BeginFault(run);
            run.Stats.FaultAbortsInjected++;
        }

        return abort;
    }

    /// <inheritdoc/>
    public override void OnEnd(FilterRun run)
    {
        if (run.State == Active)
        {
            run.Stats.FaultActiveFaults--;
        }
    }

    private static void BeginFault(FilterRun run)
    {
        if (run.State != Active)
        {
            run.State = Active;
            run.Stats.FaultActiveFaults++;
        }
    }

    private static bool Draw(FilterRun run, RequestFraction share, ReadOnlySpan<byte> percentageField)
    {
        // The request may only make the share smaller.
        if (!percentageField.IsEmpty
            && run.Exchange.Request.Headers.TryGet(percentageField, out ReadOnlySpan<byte> text)
            && TryParse(text, out long asked))
        {
            share = share with { Numerator = (uint)Math.Clamp(asked, 0, share.Numerator) };
        }

        return share.Contains((ulong)run.Worker.Random.NextInt64());
    }

    private static bool TryParse(ReadOnlySpan<byte> text, out long value) =>
        Utf8Parser.TryParse(text, out value, out int consumed) && consumed == text.Length;

    private bool IsFor(FilterRun run)
    {
        if (rule.UpstreamCluster.Length > 0 && run.Exchange.ClusterName != rule.UpstreamCluster)
        {
            return false;
        }

        var request = new RouteRequest(run.Exchange.Request, run.Exchange.IsDownstreamTls, 0);
        foreach (HeaderMatcher header in rule.Headers)
        {
            if (!header.Matches(request))
            {
                return false;
            }
        }

        return true;
    }

    private long DelayOf(FilterRun run)
    {
        long delayMs = rule.DelayMs;
        if (rule.IsDelayFromHeader)
        {
            delayMs = run.Exchange.Request.Headers.TryGet("x-envoy-fault-delay-request"u8, out ReadOnlySpan<byte> text) && TryParse(text, out long asked) ? asked : 0;
        }

        return delayMs > 0 && Draw(run, rule.DelayShare, rule.IsDelayFromHeader ? "x-envoy-fault-delay-request-percentage"u8 : default) ? delayMs : 0;
    }

    private LocalReply? AbortOf(FilterRun run)
    {
        LocalReply? abort = rule.IsAbortFromHeader ? AskedAbort(run) : rule.Abort;
        return abort is not null && Draw(run, rule.AbortShare, rule.IsAbortFromHeader ? "x-envoy-fault-abort-request-percentage"u8 : default) ? abort : null;
    }

    private static LocalReply? AskedAbort(FilterRun run)
    {
        if (run.Exchange.Request.Headers.TryGet("x-envoy-fault-abort-request"u8, out ReadOnlySpan<byte> text) && TryParse(text, out long status) && status is >= 200 and < 600)
        {
            return AbortReply((int)status);
        }

        return run.Exchange.Request.Headers.TryGet("x-envoy-fault-abort-grpc-request"u8, out text) && TryParse(text, out long code) && code is >= 0 and <= int.MaxValue
            ? GrpcAbortReply((int)code)
            : null;
    }
}
