using Envoy.Extensions.Filters.Http.ApiKeyAuth.V3;
using Envoy.Extensions.Filters.Http.BasicAuth.V3;
using Envoy.Extensions.Filters.Http.Buffer.V3;
using Envoy.Extensions.Filters.Http.Compressor.V3;
using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Http.Csrf.V3;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.GrpcStats.V3;
using Envoy.Extensions.Filters.Http.GrpcWeb.V3;
using Envoy.Extensions.Filters.Http.HeaderMutation.V3;
using Envoy.Extensions.Filters.Http.HealthCheck.V3;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Envoy.Extensions.Filters.Http.LocalRatelimit.V3;
using Envoy.Extensions.Filters.Http.Oauth2.V3;
using Envoy.Extensions.Filters.Http.Ratelimit.V3;
using Envoy.Extensions.Filters.Http.Rbac.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.GrpcWeb;
using Tidegate.Proxy.Runtime;
using Buffer = Envoy.Extensions.Filters.Http.Buffer.V3.Buffer;
using CorsPolicy = Envoy.Extensions.Filters.Http.Cors.V3.CorsPolicy;
using HeaderMutation = Envoy.Extensions.Filters.Http.HeaderMutation.V3.HeaderMutation;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Every HTTP filter that there is; a new one is some lines more.</summary>
internal static class HttpFilterTypes
{
    /// <summary>The filters.</summary>
    public static readonly IReadOnlyList<HttpFilterType> All =
    [
        HttpFilterType.Of<Router>(HttpFilterKind.Router, static (_, _, _) => null),
        HttpFilterType.Of<FilterConfig>(HttpFilterKind.GrpcStats, static (_, _, _) => null),
        HttpFilterType.Of<GrpcWeb>(HttpFilterKind.GrpcWeb, static (_, _, _) => new GrpcWebFilter()),
        HttpFilterType.Of<HTTPFault>(HttpFilterKind.Fault, FaultCompiler.Compile)
            .WithRoute<HTTPFault>(static (config, parts, scope) => (FaultCompiler.Compile(config, parts, scope), false)),
        HttpFilterType.Of<Cors>(HttpFilterKind.Cors, static (_, _, _) => CorsFilter.Inactive)
            .WithRoute<CorsPolicy>(static (config, _, scope) => (CorsCompiler.Compile(config, scope), false)),
        HttpFilterType.Of<CsrfPolicy>(HttpFilterKind.Csrf, static (config, _, scope) => CsrfCompiler.Compile(config, scope))
            .WithRoute<CsrfPolicy>(static (config, _, scope) => (CsrfCompiler.Compile(config, scope), false)),
        HttpFilterType.Of<LocalRateLimit>(HttpFilterKind.LocalRateLimit, LocalRateLimitCompiler.Compile)
            .WithRoute<LocalRateLimit>(static (config, parts, scope) => (LocalRateLimitCompiler.CompileForRoute(config, parts, scope), false)),
        HttpFilterType.Of<RateLimit>(HttpFilterKind.RateLimit, GlobalRateLimitCompiler.Compile)
            .WithRoute<RateLimitPerRoute>(GlobalRateLimitCompiler.CompileForRoute),
        HttpFilterType.Of<HeaderMutation>(HttpFilterKind.HeaderMutation, static (config, _, scope) => HeaderMutationFilterCompiler.Compile(config, scope))
            .WithRoute<HeaderMutationPerRoute>(static (config, _, scope) => (HeaderMutationFilterCompiler.Rule(config.Mutations, scope.At("mutations")), false)),
        HttpFilterType.Of<Buffer>(HttpFilterKind.Buffer, static (config, _, scope) => OfBuffer(config, scope))
            .WithRoute<BufferPerRoute>(static (config, _, scope) => (config.Buffer is null ? null : OfBuffer(config.Buffer, scope), config.Disabled)),
        HttpFilterType.Of<RBAC>(HttpFilterKind.Rbac, RbacCompiler.Compile)
            .WithRoute<RBACPerRoute>(RbacCompiler.CompileForRoute),
        HttpFilterType.Of<JwtAuthentication>(HttpFilterKind.JwtAuthn, JwtCompiler.Compile)
            .WithRoute<PerRouteConfig>(static (config, _, _) => JwtCompiler.CompileForRoute(config)),
        HttpFilterType.Of<OAuth2>(HttpFilterKind.OAuth2, static (config, parts, scope) => OAuth2Compiler.Compile(config.Config, parts, scope))
            .WithRoute<OAuth2PerRoute>(static (config, parts, scope) => (OAuth2Compiler.CompileForRoute(config.Config, parts, scope), false)),
        HttpFilterType.Of<ExtAuthz>(HttpFilterKind.ExtAuthz, ExtAuthzCompiler.Compile)
            .WithRoute<ExtAuthzPerRoute>(static (config, _, scope) => ExtAuthzCompiler.CompileForRoute(config, scope)),
        HttpFilterType.Of<ApiKeyAuth>(HttpFilterKind.ApiKeyAuth, static (config, _, scope) => CredentialCompiler.Compile(config, scope))
            .WithRoute<ApiKeyAuthPerRoute>(static (config, _, scope) => (CredentialCompiler.CompileForRoute(config, scope), false)),
        HttpFilterType.Of<BasicAuth>(HttpFilterKind.BasicAuth, static (config, _, scope) => CredentialCompiler.Compile(config, scope))
            .WithRoute<BasicAuthPerRoute>(static (config, _, scope) => (CredentialCompiler.CompileForRoute(config, scope), false)),
        HttpFilterType.Of<HealthCheck>(HttpFilterKind.HealthCheck, HealthCheckFilterCompiler.Compile),
        HttpFilterType.Of<Compressor>(HttpFilterKind.Compressor, static (config, _, scope) => CompressorCompiler.Compile(config, scope))
            .WithRoute<CompressorPerRoute>(static (config, _, _) => CompressorCompiler.CompileForRoute(config)),
    ];

    private static BufferFilter OfBuffer(Buffer buffer, CompileScope scope)
    {
        scope.RefuseIf(buffer.MaxRequestBytes is null or 0, "max_request_bytes is missing or 0");
        return new BufferFilter(buffer.MaxRequestBytes ?? 0);
    }

    /// <summary>The filter that a message configures in a listener; null when none does.</summary>
    public static HttpFilterType? OfConfig(Any config) => All.FirstOrDefault(type => config.Is(type.Config));

    /// <summary>The filter that a message configures in a route; null when none does.</summary>
    public static HttpFilterType? OfRouteConfig(Any config) => All.FirstOrDefault(type => type.RouteConfig is not null && config.Is(type.RouteConfig));
}
