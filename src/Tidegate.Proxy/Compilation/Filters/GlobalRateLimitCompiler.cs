using Envoy.Config.Core.V3;
using Envoy.Config.Ratelimit.V3;
using Envoy.Extensions.Common.Ratelimit.V3;
using Envoy.Extensions.Filters.Http.Ratelimit.V3;
using Envoy.Service.Ratelimit.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Upstream;
using NetworkRateLimit = Envoy.Extensions.Filters.Network.Ratelimit.V3.RateLimit;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles the filters that ask a rate limit service.</summary>
internal static class GlobalRateLimitCompiler
{
    // Envoy's own, where the configuration does not say; 0 is no limit.
    private const long DefaultTimeoutMs = 20;
    private const long NoTimeoutMs = 24L * 3600 * 1000;
    private const uint MaxStage = 10;

    /// <summary>Compiles the filter of a listener.</summary>
    public static GlobalRateLimitFilter? Compile(RateLimit config, FilterParts parts, CompileScope scope)
    {
        scope.RefuseIf(config.Domain.Length == 0, "domain is empty");
        scope.RefuseIf(config.Stage > MaxStage, $"stage {config.Stage} is greater than {MaxStage}");
        scope.RefuseIf(config.RequestType is not ("" or "both" or "internal" or "external"), $"request_type \"{config.RequestType}\" is none of internal, external, both");
        if (Service(config.RateLimitService, config.Timeout, parts, scope) is not { } service)
        {
            return null;
        }

        int status = (int)(config.RateLimitedStatus?.Code ?? 0);
        int statusOnError = (int)(config.StatusOnError?.Code ?? 0);
        return new GlobalRateLimitFilter(new GlobalRateLimitRule
        {
            Service = service,
            Domain = config.Domain,
            Stage = config.Stage,
            OwnDescriptors = parts.RateLimits.CompileOwn(config.RateLimits, scope),
            IsForInternal = config.RequestType switch
            {
                "internal" => true,
                "external" => false,
                _ => null,
            },
            EnabledShare = Share(config.FilterEnabled, RequestFraction.All),
            EnforcedShare = Share(config.FilterEnforced, RequestFraction.All),
            RefusedOnFailureShare = Share(config.FailureModeDenyPercent, config.FailureModeDeny ? RequestFraction.All : RequestFraction.None),
            Reply = new LocalReply(status >= 400 ? status : 429, [], ResponseFlags.RateLimited, "request_rate_limited")
            {
                GrpcStatus = config.RateLimitedAsResourceExhausted ? 8 : null,
            },
            ErrorReply = new LocalReply(statusOnError >= 200 ? statusOnError : 500, [], ResponseFlags.RateLimitServiceError, "rate_limiter_error"),
            ResponseHeaders = HeaderMutations.Of([HeaderMutationCompiler.Compile([], config.ResponseHeadersToAdd, "response_headers", scope)]),
            TellsLimit = config.EnableXRatelimitHeaders == RateLimit.Types.XRateLimitHeadersRFCVersion.DraftVersion03,
            TellsRefusal = !config.DisableXEnvoyRatelimitedHeader,
            StatPrefix = config.StatPrefix,
        });
    }

    /// <summary>Compiles what a route says to it.</summary>
    public static (object? Settings, bool IsDisabled) CompileForRoute(RateLimitPerRoute config, FilterParts parts, CompileScope scope)
    {
        scope.RefuseIf(config.OverrideOption != RateLimitPerRoute.Types.OverrideOptions.Default, "override_option is not supported: vh_rate_limits is");
        return (new GlobalRateLimitRouteSettings((VhRateLimitsOptions)config.VhRateLimits, parts.RateLimits.CompileOwn(config.RateLimits, scope), config.Domain), false);
    }

    /// <summary>Compiles the filter of connections.</summary>
    public static ConnectionFilter? Compile(NetworkRateLimit config, FilterParts parts, CompileScope scope)
    {
        scope.RefuseIf(config.StatPrefix.Length == 0, "stat_prefix is empty");
        scope.RefuseIf(config.Domain.Length == 0, "domain is empty");
        scope.RefuseIf(config.Descriptors.Count == 0, "descriptors is empty");
        for (int i = 0; i < config.Descriptors.Count; i++)
        {
            bool isWhole = config.Descriptors[i].Entries.Count > 0 && config.Descriptors[i].Entries.All(static entry => entry.Key.Length > 0 && entry.Value.Length > 0);
            scope.At("descriptors", i).RefuseIf(!isWhole, "entries with a key and a value are needed");
        }

        return Service(config.RateLimitService, config.Timeout, parts, scope) is not { } service ? null : new ConnectionRateLimitFilter
        {
            Service = service,
            Request = new RateLimitRequest { Domain = config.Domain, Descriptors = { config.Descriptors } },
            RefusesOnFailure = config.FailureModeDeny,
            StatPrefix = config.StatPrefix,
        };
    }

    private static RateLimitService? Service(RateLimitServiceConfig? config, Duration? timeout, FilterParts parts, CompileScope scope)
    {
        CompileScope at = scope.At("rate_limit_service");
        at.RefuseIf(config is not null && config.TransportApiVersion != ApiVersion.V3, "transport_api_version must be V3");
        if (config?.GrpcService?.EnvoyGrpc is not { ClusterName.Length: > 0 } envoy)
        {
            at.Refuse("grpc_service with envoy_grpc and a cluster_name is needed");
            return null;
        }

        long timeoutMs = scope.At("timeout").MillisecondsOrNull(timeout) ?? DefaultTimeoutMs;
        CompileScope service = at.At("grpc_service");
        service.NoteIf(config.GrpcService.Timeout is not null, "timeout is not acted on: the filter has one");
        return new RateLimitService(
            parts.Clusters.Of(envoy.ClusterName),
            new GrpcMethod(RateLimitService.Path, GrpcServiceCompiler.Authority(envoy), timeoutMs > 0 ? timeoutMs : NoTimeoutMs)
            {
                SkipsEnvoyHeaders = envoy.SkipEnvoyHeaders,
                InitialMetadata = GrpcServiceCompiler.InitialMetadata(config.GrpcService, service),
            });
    }

    private static RequestFraction Share(RuntimeFractionalPercent? share, RequestFraction otherwise) =>
        share?.DefaultValue is { } fraction ? MatcherCompiler.Fraction(fraction) : otherwise;
}
