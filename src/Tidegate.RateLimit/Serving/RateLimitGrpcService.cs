using Envoy.Service.Ratelimit.V3;
using Grpc.Core;
using Tidegate.RateLimit.Counters;

namespace Tidegate.RateLimit.Serving;

/// <summary>Serves Envoy's rate limit service by gRPC. What binds it looks for methods that a class made of a .proto file would have: virtual ones.</summary>
/// <param name="decider">Decides.</param>
[BindServiceMethod(typeof(RateLimitMethods), nameof(RateLimitMethods.Bind))]
public class RateLimitGrpcService(RateLimitDecider decider)
{
    /// <summary>Whether a request is within its limits.</summary>
    /// <exception cref="RpcException">The question is none, or hits could not be counted: who asks decides what that means.</exception>
    public virtual async Task<RateLimitResponse> ShouldRateLimit(RateLimitRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return await decider.DecideAsync(request, context.CancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException exception)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, exception.Message));
        }
        catch (CountersUnavailableException exception)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, exception.Message));
        }
    }
}
