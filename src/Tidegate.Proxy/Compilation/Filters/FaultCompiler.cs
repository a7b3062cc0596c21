using Envoy.Extensions.Filters.Common.Fault.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Routing;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles fault rules (istio-gateway.md 4.12).</summary>
internal static class FaultCompiler
{
    /// <summary>Compiles a rule, of a listener or of a route.</summary>
    public static FaultFilter Compile(HTTPFault fault, FilterParts parts, CompileScope scope)
    {
        scope.RefuseIf(fault.ResponseRateLimit is not null, "response_rate_limit is not supported");
        scope.RefuseIf(fault.DownstreamNodes.Count > 0, "downstream_nodes is not supported: no client is believed to name its node");
        FaultDelay? delay = fault.Delay;
        FaultAbort? abort = fault.Abort;
        return new FaultFilter(new FaultRule
        {
            DelayMs = delay?.FixedDelay is { } fixedDelay ? scope.At("delay.fixed_delay").Milliseconds(fixedDelay) : 0,
            IsDelayFromHeader = delay?.HeaderDelay is not null,
            DelayShare = delay?.Percentage is { } delayShare ? MatcherCompiler.Fraction(delayShare) : new RequestFraction(0, 100),
            Abort = Abort(abort, scope.At("abort")),
            IsAbortFromHeader = abort?.HeaderAbort is not null,
            AbortShare = abort?.Percentage is { } abortShare ? MatcherCompiler.Fraction(abortShare) : new RequestFraction(0, 100),
            Headers = [.. fault.Headers.Select((header, i) => parts.Matchers.Header(header, scope.At("headers", i)))],
            UpstreamCluster = fault.UpstreamCluster,
            MaxActiveFaults = fault.MaxActiveFaults,
        });
    }

    private static LocalReply? Abort(FaultAbort? abort, CompileScope scope)
    {
        switch (abort?.ErrorTypeCase ?? FaultAbort.ErrorTypeOneofCase.None)
        {
            case FaultAbort.ErrorTypeOneofCase.HttpStatus:
                scope.At("http_status").RefuseIf(StatusRules.CheckAnswer(abort!.HttpStatus));
                return FaultFilter.AbortReply((int)abort.HttpStatus);
            case FaultAbort.ErrorTypeOneofCase.GrpcStatus:
                return FaultFilter.GrpcAbortReply((int)abort!.GrpcStatus);
            default:
                scope.RefuseIf(abort is { ErrorTypeCase: FaultAbort.ErrorTypeOneofCase.None }, "http_status, grpc_status or header_abort is missing");
                return null;
        }
    }
}
