using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Envoy.Type.Matcher.V3;
using Google.Protobuf.Collections;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Filters.ExternalAuthorization;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using NetworkExtAuthz = Envoy.Extensions.Filters.Network.ExtAuthz.V3.ExtAuthz;
using ValueMatcher = Tidegate.Proxy.Routing.ValueMatcher;

// Fields that Envoy calls deprecated are what control planes still send.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles the filters that ask an authorizer.</summary>
internal static class ExtAuthzCompiler
{
    // Envoy's own, where the configuration does not say.
    private const long DefaultTimeoutMs = 200;

    /// <summary>Compiles the filter of a listener.</summary>
    public static ExtAuthzFilter? Compile(ExtAuthz config, FilterParts parts, CompileScope scope)
    {
        scope.RefuseIf(config.TransportApiVersion != ApiVersion.V3 && config.GrpcService is not null, "transport_api_version must be V3");
        scope.RefuseIf(config.BootstrapMetadataLabelsKey.Length > 0, "bootstrap_metadata_labels_key is not supported");
        Authorizer? authorizer = config.ServicesCase switch
        {
            ExtAuthz.ServicesOneofCase.GrpcService => Grpc(config, parts.Clusters, scope),
            ExtAuthz.ServicesOneofCase.HttpService => Http(config, parts, scope.At("http_service")),
            _ => null,
        };
        scope.RefuseIf(config.ServicesCase == ExtAuthz.ServicesOneofCase.None, "grpc_service or http_service is needed");
        if (authorizer is null)
        {
            return null;
        }

        int status = (int)(config.StatusOnError?.Code ?? 0);
        return new ExtAuthzFilter(new ExtAuthzSettings
        {
            Authorizer = authorizer,
            Share = config.FilterEnabled?.DefaultValue is { } share ? MatcherCompiler.Fraction(share) : null,
            EnabledBy = config.FilterEnabledMetadata is null ? null : MatcherCompiler.Metadata(config.FilterEnabledMetadata, scope.At("filter_enabled_metadata")),
            DeniesWhenDisabled = config.DenyAtDisable?.DefaultValue ?? false,
            Body = Body(config.WithRequestBody, scope.At("with_request_body")),
            AllowsFailure = config.FailureModeAllow,
            TellsFailure = config.FailureModeAllowHeaderAdd,
            ErrorReply = new LocalReply(status >= 200 ? status : 403, [], ResponseFlags.UnauthorizedExternalService, "ext_authz_error"),
            ChoosesRouteAgain = config.ClearRouteCache,
            MutationRules = config.DecoderHeaderMutationRules is { } rules ? HeaderMutationRulesCompiler.Compile(rules, scope.At("decoder_header_mutation_rules")) : null,
            TakesMetadata = config.EnableDynamicMetadataIngestion ?? true,
            StatPrefix = config.StatPrefix,
        });
    }

    /// <summary>Compiles what a route says to it.</summary>
    public static (object? Settings, bool IsDisabled) CompileForRoute(ExtAuthzPerRoute config, CompileScope scope) => config.CheckSettings is not { } settings
        ? (null, config.Disabled)
        : (new ExtAuthzRouteSettings(
            settings.ContextExtensions,
            settings.DisableRequestBodyBuffering,
            Body(settings.WithRequestBody, scope.At("check_settings").At("with_request_body"))), false);

    /// <summary>Compiles the filter of connections.</summary>
    public static ConnectionExtAuthzFilter? Compile(NetworkExtAuthz config, FilterParts parts, CompileScope scope)
    {
        scope.RefuseIf(config.TransportApiVersion != ApiVersion.V3, "transport_api_version must be V3");
        if (config.GrpcService is null)
        {
            scope.Refuse("grpc_service is missing");
            return null;
        }

        scope.RefuseIf(config.BootstrapMetadataLabelsKey.Length > 0, "bootstrap_metadata_labels_key is not supported");
        var told = new ExtAuthz { IncludePeerCertificate = config.IncludePeerCertificate, IncludeTlsSession = config.IncludeTlsSession, GrpcService = config.GrpcService };
        return Grpc(told, parts.Clusters, scope) is not { } authorizer ? null : new ConnectionExtAuthzFilter
        {
            Authorizer = authorizer,
            EnabledBy = config.FilterEnabledMetadata is null ? null : MatcherCompiler.Metadata(config.FilterEnabledMetadata, scope.At("filter_enabled_metadata")),
            AllowsFailure = config.FailureModeAllow,
            StatPrefix = config.StatPrefix,
        };
    }

    private static ToldBody? Body(BufferSettings? settings, CompileScope scope)
    {
        scope.RefuseIf(settings is { MaxRequestBytes: 0 }, "max_request_bytes is 0");
        return settings is null ? null : new ToldBody(settings.MaxRequestBytes, settings.AllowPartialMessage, settings.PackAsBytes);
    }

    private static GrpcAuthorizer? Grpc(ExtAuthz config, ClusterSlotTable clusters, CompileScope scope)
    {
        GrpcService service = config.GrpcService;
        CompileScope at = scope.At("grpc_service");
        if (service.EnvoyGrpc is not { ClusterName.Length: > 0 } envoy)
        {
            at.Refuse("envoy_grpc with a cluster_name is needed");
            return null;
        }

        at.NoteIf(service.RetryPolicy is not null || envoy.RetryPolicy is not null, "retry_policy is not acted on: who does not answer is not asked again");
        return new GrpcAuthorizer
        {
            Cluster = clusters.Of(envoy.ClusterName),
            Authority = GrpcServiceCompiler.Authority(envoy),
            TimeoutMs = at.At("timeout").MillisecondsOrNull(service.Timeout) ?? DefaultTimeoutMs,
            SkipsEnvoyHeaders = envoy.SkipEnvoyHeaders,
            InitialMetadata = GrpcServiceCompiler.InitialMetadata(service, at),
            AllowedHeaders = Names(config.AllowedHeaders, scope.At("allowed_headers")),
            DisallowedHeaders = Names(config.DisallowedHeaders, scope.At("disallowed_headers")) ?? [],
            MetadataNamespaces = [.. config.MetadataContextNamespaces],
            RouteMetadataNamespaces = [.. config.RouteMetadataContextNamespaces],
            TellsCertificate = config.IncludePeerCertificate,
            TellsTlsSession = config.IncludeTlsSession,
            TellsRawHeaders = config.EncodeRawHeaders,
        };
    }

    private static HttpAuthorizer? Http(ExtAuthz config, FilterParts parts, CompileScope scope)
    {
        HttpService service = config.HttpService;
        if (service.ServerUri is not { Cluster.Length: > 0 } server)
        {
            scope.At("server_uri").Refuse("cluster is empty");
            return null;
        }

        scope.RefuseIf(service.PathPrefix.Length > 0 && service.PathPrefix[0] != '/', "path_prefix does not begin with a slash");
        AuthorizationResponse response = service.AuthorizationResponse ?? new AuthorizationResponse();
        CompileScope answers = scope.At("authorization_response");
        return new HttpAuthorizer
        {
            Cluster = parts.Clusters.Of(server.Cluster),
            TimeoutMs = scope.At("server_uri").At("timeout").MillisecondsOrNull(server.Timeout) ?? DefaultTimeoutMs,
            PathPrefix = Encoding.ASCII.GetBytes(service.PathPrefix),
            AllowedHeaders =
            [
                .. Names(config.AllowedHeaders, scope.At("allowed_headers")) ?? [],
                .. Names(service.AuthorizationRequest?.AllowedHeaders, scope.At("authorization_request").At("allowed_headers")) ?? [],
            ],
            DisallowedHeaders = Names(config.DisallowedHeaders, scope.At("disallowed_headers")) ?? [],
            NotedHeaders = Names(response.DynamicMetadataFromHeaders, answers.At("dynamic_metadata_from_headers")) ?? [],
            HeadersToAdd = Added(service.AuthorizationRequest?.HeadersToAdd ?? [], scope.At("authorization_request")),
            UpstreamHeaders = Names(response.AllowedUpstreamHeaders, answers.At("allowed_upstream_headers")) ?? [],
            UpstreamHeadersToAppend = Names(response.AllowedUpstreamHeadersToAppend, answers.At("allowed_upstream_headers_to_append")) ?? [],
            ClientHeaders = Names(response.AllowedClientHeaders, answers.At("allowed_client_headers")),
            ClientHeadersOnSuccess = Names(response.AllowedClientHeadersOnSuccess, answers.At("allowed_client_headers_on_success")) ?? [],
        };
    }

    private static HeaderMutations Added(RepeatedField<HeaderValue> fields, CompileScope scope)
    {
        var options = new RepeatedField<HeaderValueOption>
        {
            fields.Select(static field => new HeaderValueOption { Header = field, AppendAction = HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExistsOrAdd }),
        };
        return HeaderMutations.Of([HeaderMutationCompiler.Compile([], options, "headers", scope)]);
    }

    private static ValueMatcher[]? Names(ListStringMatcher? names, CompileScope scope) => names is not { Patterns.Count: > 0 } ? null :
    [
        .. names.Patterns.Select((pattern, i) => MatcherCompiler.Value(pattern, scope.At("patterns", i))).OfType<ValueMatcher>(),
    ];
}
