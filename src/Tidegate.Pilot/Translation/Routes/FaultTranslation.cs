using Tidegate.Pilot.Resources;
using EnvoyAbort = Envoy.Extensions.Filters.Http.Fault.V3.FaultAbort;
using EnvoyDelay = Envoy.Extensions.Filters.Common.Fault.V3.FaultDelay;
using EnvoyFault = Envoy.Extensions.Filters.Http.Fault.V3.HTTPFault;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary><c>fault</c> (spec 4.12).</summary>
internal static class FaultTranslation
{
    /// <summary>The fault filter's settings for a route, or null when there is neither a delay nor an abort that it could do.</summary>
    public static EnvoyFault? Translate(HttpFaultInjection fault)
    {
        var result = new EnvoyFault();
        if (fault.Delay is { FixedDelay: { } delay })
        {
            result.Delay = new EnvoyDelay
            {
                FixedDelay = Durations.Of(delay),
                // Neither given is 0 %, not 100 %.
                Percentage = fault.Delay.Percentage is { } percentage
                    ? FractionalPercents.OfDouble(percentage)
                    : FractionalPercents.OfInteger(fault.Delay.Percent),
            };
        }
        if (fault.Abort is { } abort && (abort.HttpStatus is not null || abort.GrpcStatus is not null))
        {
            result.Abort = new EnvoyAbort();
            if (abort.Percentage is { } percentage)
            {
                result.Abort.Percentage = FractionalPercents.OfDouble(percentage);
            }
            if (abort.HttpStatus is { } status)
            {
                result.Abort.HttpStatus = (uint)status;
            }
            else
            {
                result.Abort.GrpcStatus = GrpcStatus.Parse(abort.GrpcStatus!);
            }
        }
        return result.Delay is null && result.Abort is null ? null : result;
    }
}
