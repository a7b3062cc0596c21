using Envoy.Service.Ratelimit.V3;
using Google.Protobuf;
using Grpc.Core;

namespace Tidegate.RateLimit.Serving;

/// <summary>The methods of Envoy's rate limit service.</summary>
public static class RateLimitMethods
{
    /// <summary><c>ShouldRateLimit</c>.</summary>
    public static readonly Method<RateLimitRequest, RateLimitResponse> ShouldRateLimit = new(
        MethodType.Unary,
        "envoy.service.ratelimit.v3.RateLimitService",
        "ShouldRateLimit",
        Marshallers.Create<RateLimitRequest>(static message => message.ToByteArray(), static bytes => RateLimitRequest.Parser.ParseFrom(bytes)),
        Marshallers.Create<RateLimitResponse>(static message => message.ToByteArray(), static bytes => RateLimitResponse.Parser.ParseFrom(bytes)));

    /// <summary>Tells what serves them.</summary>
    public static void Bind(ServiceBinderBase binder, RateLimitGrpcService? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(ShouldRateLimit, service is null ? null : new UnaryServerMethod<RateLimitRequest, RateLimitResponse>(service.ShouldRateLimit));
    }
}
