using System.Collections.Frozen;
using Tidegate.Pilot.Resources;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>fault</c> of an HTTP route (Istio: <c>validateHTTPFaultInjection</c>).</summary>
internal static class FaultValidation
{
    private static readonly FrozenSet<string> GrpcStatuses = FrozenSet.Create(
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED");

    public static void Check(HttpFaultInjection? fault, Findings findings, string field)
    {
        if (fault is null)
        {
            return;
        }

        if (fault.Abort is null && fault.Delay is null)
        {
            findings.Error(field, "HTTP fault injection must have an abort and/or a delay");
        }

        if (fault.Abort is { } abort)
        {
            CheckAbort(abort, findings, $"{field}.abort");
        }

        if (fault.Delay is { } delay)
        {
            findings.Check($"{field}.delay.percentage", CheckPercentage(delay.Percentage));
            findings.Check($"{field}.delay.percent", PercentRules.Check(delay.Percent));
            findings.Check($"{field}.delay.fixedDelay", DurationRules.Check(delay.FixedDelay));
            if (delay.ExponentialDelay is not null)
            {
                findings.Check($"{field}.delay.exponentialDelay", DurationRules.Check(delay.ExponentialDelay));
                findings.Error($"{field}.delay.exponentialDelay", "exponentialDelay not supported yet");
            }
        }
    }

    private static void CheckAbort(FaultAbort abort, Findings findings, string field)
    {
        findings.Check($"{field}.percentage", CheckPercentage(abort.Percentage));
        if (abort.GrpcStatus is { } grpc)
        {
            if (!GrpcStatuses.Contains(grpc))
            {
                findings.Error(
                    $"{field}.grpcStatus",
                    $"gRPC status {GoText.Quote(grpc)} is not supported. See https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of supported codes, for example 'NOT_FOUND'");
            }
        }
        else if (abort.Http2Error is not null)
        {
            findings.Error($"{field}.http2Error", "HTTP/2 abort fault injection not supported yet");
        }
        else if (abort.HttpStatus is { } status)
        {
            findings.Check($"{field}.httpStatus", StatusRules.CheckAnswer(status));
        }
        else
        {
            findings.Warn(field, "abort configured, but error type not set");
        }
    }

    private static string? CheckPercentage(double? value) =>
        value is { } given && !PercentRules.IsShare(given) ? $"percentage {GoText.Short(given)} is neither 0.0, nor in range [0.0001, 100.0]" : null;
}
