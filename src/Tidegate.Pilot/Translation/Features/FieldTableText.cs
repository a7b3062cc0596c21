namespace Tidegate.Pilot.Translation.Features;

/// <summary>
/// The fields of Envoy's messages that Tidegate's proxy acts on. A field that is not here is left out of what an EnvoyFilter patches in, and
/// reported. FieldTableTests hold that what is named here exists and that nothing that can be reached is missing.
/// </summary>
/// <remarks>
/// A line without indentation names a message, the lines below it its fields: <c>name</c> is acted on; <c>name*</c> too, and where something in it
/// cannot be acted on, it (or the one member of a list) can be left out alone; <c>~name</c> says nothing to a proxy and is taken as it is;
/// <c>!name</c> is not acted on, and what has it means something else without it, so that all of that is left out; <c>name=A|B</c> is acted on with these values.
/// <c>name&lt;slot&gt;</c> holds an extension; which ones may stand there is said by a line <c>&lt;slot&gt;</c>.
/// </remarks>
internal static class FieldTableText
{
    public const string Tidegate = """
        envoy.config.listener.v3.Listener
          name address additional_addresses* stat_prefix filter_chains* default_filter_chain* listener_filters* listener_filters_timeout
          continue_on_listener_filters_timeout access_log* bind_to_port ignore_global_conn_limit socket_options* tcp_backlog_size
          ~metadata ~traffic_direction ~drain_type ~enable_reuse_port ~reuse_port ~max_connections_to_accept_per_socket_event ~connection_balance_config ~bypass_overload_manager
          !filter_chain_matcher !use_original_dst !transparent !udp_listener_config !api_listener !internal_listener
        envoy.config.listener.v3.AdditionalAddress
          address
        envoy.config.core.v3.SocketOption
          ~description level name int_value buf_value ~state
        envoy.config.listener.v3.ListenerFilter
          name typed_config<listener filter> !config_discovery !filter_disabled
        envoy.config.listener.v3.FilterChain
          filter_chain_match filters* transport_socket<downstream transport> transport_socket_connect_timeout name ~metadata !use_proxy_proto !on_demand_configuration
        envoy.config.listener.v3.FilterChainMatch
          destination_port prefix_ranges source_type=ANY source_prefix_ranges source_ports server_names transport_protocol application_protocols
          !address_suffix !suffix_len !direct_source_prefix_ranges
        envoy.config.listener.v3.Filter
          name typed_config<network filter> !config_discovery
        envoy.config.core.v3.Address
          socket_address pipe !envoy_internal_address
        envoy.config.core.v3.SocketAddress
          protocol=TCP address port_value ~ipv4_compat !named_port !resolver_name
        envoy.config.core.v3.Pipe
          path
        envoy.config.core.v3.CidrRange
          address_prefix prefix_len

        envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol
          allow_requests_without_proxy_protocol disallowed_versions
        envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
          ~initial_read_buffer_size

        envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          codec_type*=AUTO|HTTP1|HTTP2 stat_prefix rds route_config http_filters* common_http_protocol_options http_protocol_options http2_protocol_options server_name server_header_transformation
          max_request_headers_kb stream_idle_timeout request_timeout request_headers_timeout delayed_close_timeout access_log* use_remote_address xff_num_trusted_hops
          skip_xff_append via generate_request_id preserve_external_request_id always_set_request_id_in_response forward_client_cert_details set_current_client_cert_details
          proxy_100_continue normalize_path merge_slashes path_with_escaped_slashes_action request_id_extension local_reply_config*
          strip_matching_host_port strip_any_host_port strip_trailing_host_dot append_x_forwarded_port upgrade_configs*
          !scoped_routes
        envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig
          upgrade_type enabled !filters
        envoy.extensions.filters.network.http_connection_manager.v3.Rds
          ~config_source route_config_name
        envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension
          typed_config<request id>
        envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig
          ~pack_trace_reason ~use_request_id_for_trace_sampling
        envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter
          name typed_config<http filter> is_optional disabled !config_discovery
        envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails
          subject cert chain dns uri
        envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig
          mappers* body_format*
        envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper
          filter status_code body body_format_override headers_to_add
        envoy.config.core.v3.HttpProtocolOptions
          idle_timeout max_connection_duration max_headers_count max_stream_duration headers_with_underscores_action max_requests_per_connection
        envoy.config.core.v3.Http1ProtocolOptions
          accept_http_10 default_host_for_http_10 header_key_format* enable_trailers allow_custom_methods
        envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat
          proper_case_words stateful_formatter<header formatter>
        envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords
        envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig
        envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix cluster weighted_clusters idle_timeout access_log* max_connect_attempts hash_policy* max_downstream_connection_duration
          tunneling_config !on_demand !metadata_match
        envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig
          hostname use_post headers_to_add post_path ~propagate_response_headers ~propagate_response_trailers
        envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster
          clusters
        envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight
          name weight !metadata_match
        envoy.type.v3.HashPolicy
          source_ip !filter_state
        envoy.type.v3.HashPolicy.SourceIp

        envoy.config.accesslog.v3.AccessLog
          name filter typed_config<access logger>
        envoy.config.accesslog.v3.AccessLogFilter
          status_code_filter duration_filter not_health_check_filter runtime_filter and_filter or_filter header_filter response_flag_filter grpc_status_filter
          metadata_filter log_type_filter !traceable_filter !extension_filter
        envoy.config.accesslog.v3.StatusCodeFilter
          comparison
        envoy.config.accesslog.v3.DurationFilter
          comparison
        envoy.config.accesslog.v3.ComparisonFilter
          op value
        envoy.config.accesslog.v3.NotHealthCheckFilter
        envoy.config.accesslog.v3.RuntimeFilter
          ~runtime_key percent_sampled ~use_independent_randomness
        envoy.config.accesslog.v3.AndFilter
          filters
        envoy.config.accesslog.v3.OrFilter
          filters
        envoy.config.accesslog.v3.HeaderFilter
          header
        envoy.config.accesslog.v3.ResponseFlagFilter
          flags
        envoy.config.accesslog.v3.GrpcStatusFilter
          statuses exclude
        envoy.config.accesslog.v3.MetadataFilter
          ~matcher match_if_key_not_found
        envoy.config.accesslog.v3.LogTypeFilter
          types exclude
        envoy.extensions.access_loggers.file.v3.FileAccessLog
          path format json_format typed_json_format log_format
        envoy.extensions.access_loggers.stream.v3.StderrAccessLog
          log_format
        envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
          log_format
        envoy.config.core.v3.SubstitutionFormatString
          text_format json_format text_format_source omit_empty_values content_type ~formatters json_format_options
        envoy.config.core.v3.JsonFormatOptions
          sort_properties
        envoy.config.core.v3.DataSource
          filename inline_bytes inline_string environment_variable
        envoy.config.core.v3.RuntimeUInt32
          default_value ~runtime_key
        envoy.config.core.v3.RuntimeDouble
          default_value ~runtime_key
        envoy.config.core.v3.RuntimeFeatureFlag
          default_value ~runtime_key
        envoy.config.core.v3.RuntimeFractionalPercent
          default_value ~runtime_key
        envoy.type.v3.FractionalPercent
          numerator denominator
        envoy.type.v3.Percent
          value
        envoy.type.v3.Int64Range
          start end

        envoy.config.route.v3.RouteConfiguration
          name virtual_hosts* internal_only_headers response_headers_to_add response_headers_to_remove request_headers_to_add request_headers_to_remove
          most_specific_header_mutations_wins ignore_port_in_host_matching typed_per_filter_config*<route filter> ~validate_clusters ~metadata ~max_direct_response_body_size_bytes
          !vhds !ignore_path_parameters_in_path_matching !cluster_specifier_plugins
        envoy.config.route.v3.VirtualHost
          name domains routes* require_tls rate_limits* request_headers_to_add request_headers_to_remove response_headers_to_add response_headers_to_remove
          typed_per_filter_config*<route filter> include_request_attempt_count include_attempt_count_in_response retry_policy hedge_policy request_mirror_policies*
          ~metadata ~virtual_clusters !matcher
        envoy.config.route.v3.Route
          name match route redirect direct_response non_forwarding_action ~metadata decorator typed_per_filter_config*<route filter>
          request_headers_to_add request_headers_to_remove response_headers_to_add response_headers_to_remove !filter_action
        envoy.config.route.v3.NonForwardingAction
        envoy.config.route.v3.Decorator
          operation propagate
        envoy.config.route.v3.DirectResponseAction
          status body
        envoy.config.route.v3.FilterConfig
          config<route filter> is_optional disabled
        envoy.config.route.v3.RouteMatch
          prefix path safe_regex path_separated_prefix case_sensitive runtime_fraction headers query_parameters grpc
          connect_matcher dynamic_metadata !tls_context !path_match_policy
        envoy.config.route.v3.RouteMatch.ConnectMatcher
        envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions
        envoy.config.route.v3.HeaderMatcher
          name exact_match safe_regex_match range_match present_match prefix_match suffix_match contains_match string_match invert_match treat_missing_header_as_empty
        envoy.config.route.v3.QueryParameterMatcher
          name string_match present_match
        envoy.type.matcher.v3.RegexMatcher
          ~google_re2 regex
        envoy.type.matcher.v3.StringMatcher
          exact prefix suffix safe_regex contains ignore_case !custom
        envoy.type.matcher.v3.RegexMatchAndSubstitute
          pattern substitution
        envoy.config.route.v3.RouteAction
          cluster weighted_clusters cluster_not_found_response_code prefix_rewrite regex_rewrite host_rewrite_literal auto_host_rewrite host_rewrite_header host_rewrite_path_regex
          append_x_forwarded_host timeout idle_timeout retry_policy request_mirror_policies* rate_limits* include_vh_rate_limits hash_policy* max_grpc_timeout internal_redirect_policy*
          hedge_policy max_stream_duration upgrade_configs* !metadata_match !cluster_header !cluster_specifier_plugin !inline_cluster_specifier_plugin !path_rewrite_policy
        envoy.config.route.v3.RouteAction.UpgradeConfig
          upgrade_type enabled connect_config
        envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig
          proxy_protocol_config allow_post
        envoy.config.route.v3.RouteAction.MaxStreamDuration
          max_stream_duration grpc_timeout_header_max
        envoy.config.route.v3.RouteAction.RequestMirrorPolicy
          cluster runtime_fraction disable_shadow_host_suffix_append ~trace_sampled !cluster_header
        envoy.config.route.v3.RouteAction.HashPolicy
          header cookie connection_properties query_parameter terminal !filter_state
        envoy.config.route.v3.RouteAction.HashPolicy.Header
          header_name regex_rewrite
        envoy.config.route.v3.RouteAction.HashPolicy.Cookie
          name ttl path attributes
        envoy.config.route.v3.RouteAction.HashPolicy.CookieAttribute
          name value
        envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties
          source_ip
        envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter
          name
        envoy.config.route.v3.InternalRedirectPolicy
          max_internal_redirects redirect_response_codes predicates<redirect predicate> allow_cross_scheme_redirect response_headers_to_copy
        envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig
          allowed_route_names
        envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig
        envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig
        envoy.config.route.v3.WeightedCluster
          clusters ~total_weight ~runtime_key_prefix !header_name
        envoy.config.route.v3.WeightedCluster.ClusterWeight
          name weight request_headers_to_add request_headers_to_remove response_headers_to_add response_headers_to_remove typed_per_filter_config*<route filter>
          host_rewrite_literal !cluster_header !metadata_match
        envoy.config.route.v3.RedirectAction
          https_redirect scheme_redirect host_redirect port_redirect path_redirect prefix_rewrite regex_rewrite response_code strip_query
        envoy.config.route.v3.RetryPolicy
          retry_on num_retries per_try_timeout retry_priority*<retry priority> retry_host_predicate*<retry host predicate> host_selection_retry_max_attempts retriable_status_codes
          retry_back_off retriable_headers retriable_request_headers
        envoy.config.route.v3.RetryPolicy.RetryBackOff
          base_interval max_interval
        envoy.config.route.v3.RetryPolicy.RetryPriority
          name typed_config
        envoy.config.route.v3.RetryPolicy.RetryHostPredicate
          name ~typed_config
        envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate
        envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig
          update_frequency
        envoy.config.route.v3.HedgePolicy
          hedge_on_per_try_timeout
        envoy.config.route.v3.RateLimit
          stage disable_key actions limit hits_addend apply_on_stream_done x_ratelimit_option
        envoy.config.route.v3.RateLimit.Override
          dynamic_metadata
        envoy.config.route.v3.RateLimit.Override.DynamicMetadata
          metadata_key
        envoy.config.route.v3.RateLimit.HitsAddend
          number format
        envoy.config.route.v3.RateLimit.Action
          source_cluster destination_cluster request_headers remote_address generic_key header_value_match masked_remote_address query_parameter_value_match query_parameters
          metadata dynamic_metadata !extension
        envoy.config.route.v3.RateLimit.Action.SourceCluster
        envoy.config.route.v3.RateLimit.Action.QueryParameters
          query_parameter_name descriptor_key skip_if_absent
        envoy.config.route.v3.RateLimit.Action.DynamicMetaData
          descriptor_key metadata_key default_value
        envoy.config.route.v3.RateLimit.Action.DestinationCluster
        envoy.config.route.v3.RateLimit.Action.RemoteAddress
        envoy.config.route.v3.RateLimit.Action.RequestHeaders
          header_name descriptor_key skip_if_absent
        envoy.config.route.v3.RateLimit.Action.GenericKey
          descriptor_value descriptor_key
        envoy.config.route.v3.RateLimit.Action.HeaderValueMatch
          descriptor_key descriptor_value expect_match headers
        envoy.config.route.v3.RateLimit.Action.MaskedRemoteAddress
          v4_prefix_mask_len v6_prefix_mask_len
        envoy.config.route.v3.RateLimit.Action.QueryParameterValueMatch
          descriptor_key descriptor_value expect_match query_parameters
        envoy.config.route.v3.RateLimit.Action.MetaData
          descriptor_key metadata_key default_value source skip_if_absent
        envoy.type.metadata.v3.MetadataKey
          key path
        envoy.type.metadata.v3.MetadataKey.PathSegment
          key
        envoy.config.core.v3.HeaderValueOption
          header append append_action keep_empty_value
        envoy.config.core.v3.HeaderValue
          key value raw_value

        envoy.config.common.mutation_rules.v3.HeaderMutationRules
          allow_all_routing allow_envoy disallow_system disallow_all allow_expression disallow_expression disallow_is_error
        envoy.config.core.v3.GrpcService
          envoy_grpc timeout initial_metadata !google_grpc
        envoy.config.core.v3.GrpcService.EnvoyGrpc
          cluster_name authority skip_envoy_headers
        envoy.config.core.v3.HttpUri
          uri cluster timeout
        envoy.type.v3.TokenBucket
          max_tokens tokens_per_fill fill_interval
        envoy.type.v3.HttpStatus
          code

        envoy.config.cluster.v3.Cluster
          transport_socket_matches name alt_stat_name type=STATIC|STRICT_DNS|LOGICAL_DNS|EDS|ORIGINAL_DST eds_cluster_config connect_timeout
          lb_policy=ROUND_ROBIN|LEAST_REQUEST|RANDOM|RING_HASH|MAGLEV|CLUSTER_PROVIDED load_assignment health_checks max_requests_per_connection circuit_breakers
          common_http_protocol_options http_protocol_options http2_protocol_options typed_extension_protocol_options<protocol options> dns_refresh_rate dns_failure_refresh_rate
          respect_dns_ttl dns_lookup_family outlier_detection ring_hash_lb_config maglev_lb_config original_dst_lb_config least_request_lb_config round_robin_lb_config
          common_lb_config transport_socket<upstream transport> metadata upstream_connection_options ~filters ~track_timeout_budgets ~track_cluster_stats ~wait_for_warm_on_init
          !cluster_type !lb_subset_config !upstream_bind_config !upstream_config !load_balancing_policy
        envoy.config.cluster.v3.Cluster.TransportSocketMatch
          ~name match transport_socket<upstream transport>
        envoy.config.cluster.v3.Cluster.EdsClusterConfig
          ~eds_config service_name
        envoy.config.cluster.v3.Cluster.RefreshRate
          base_interval max_interval
        envoy.config.cluster.v3.Cluster.OriginalDstLbConfig
        envoy.config.cluster.v3.Cluster.RingHashLbConfig
          minimum_ring_size hash_function maximum_ring_size
        envoy.config.cluster.v3.Cluster.MaglevLbConfig
          table_size
        envoy.config.cluster.v3.Cluster.LeastRequestLbConfig
          choice_count active_request_bias slow_start_config
        envoy.config.cluster.v3.Cluster.RoundRobinLbConfig
          slow_start_config
        envoy.config.cluster.v3.Cluster.SlowStartConfig
          slow_start_window aggression min_weight_percent
        envoy.config.cluster.v3.Cluster.CommonLbConfig
          healthy_panic_threshold zone_aware_lb_config locality_weighted_lb_config consistent_hashing_lb_config ~update_merge_window
        envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig
          fail_traffic_on_panic
        envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig
        envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig
          use_hostname_for_hashing
        envoy.config.cluster.v3.CircuitBreakers
          thresholds
        envoy.config.cluster.v3.CircuitBreakers.Thresholds
          priority max_connections max_pending_requests max_requests max_retries retry_budget ~track_remaining
        envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget
          budget_percent min_retry_concurrency
        envoy.config.cluster.v3.OutlierDetection
          consecutive_5xx interval base_ejection_time max_ejection_percent enforcing_consecutive_5xx enforcing_success_rate success_rate_minimum_hosts success_rate_request_volume
          success_rate_stdev_factor consecutive_gateway_failure enforcing_consecutive_gateway_failure split_external_local_origin_errors consecutive_local_origin_failure
          enforcing_consecutive_local_origin_failure enforcing_local_origin_success_rate failure_percentage_threshold enforcing_failure_percentage
          enforcing_failure_percentage_local_origin failure_percentage_minimum_hosts failure_percentage_request_volume max_ejection_time max_ejection_time_jitter
          successful_active_health_check_uneject_host always_eject_one_host
        envoy.config.cluster.v3.UpstreamConnectionOptions
          tcp_keepalive
        envoy.config.core.v3.TcpKeepalive
          keepalive_probes keepalive_time keepalive_interval
        envoy.config.core.v3.Metadata
          filter_metadata ~typed_filter_metadata
        envoy.config.core.v3.HealthCheck
          timeout interval initial_jitter interval_jitter interval_jitter_percent unhealthy_threshold healthy_threshold reuse_connection http_health_check tcp_health_check
          grpc_health_check no_traffic_interval no_traffic_healthy_interval unhealthy_interval unhealthy_edge_interval healthy_edge_interval tls_options !custom_health_check
        envoy.config.core.v3.HealthCheck.HttpHealthCheck
          host path receive response_buffer_size request_headers_to_add request_headers_to_remove expected_statuses retriable_statuses codec_client_type=HTTP1|HTTP2
          service_name_matcher method
        envoy.config.core.v3.HealthCheck.TcpHealthCheck
          send receive
        envoy.config.core.v3.HealthCheck.GrpcHealthCheck
          service_name authority initial_metadata
        envoy.config.core.v3.HealthCheck.Payload
          text binary
        envoy.config.core.v3.HealthCheck.TlsOptions
          alpn_protocols
        envoy.config.endpoint.v3.ClusterLoadAssignment
          cluster_name endpoints* policy
        envoy.config.endpoint.v3.ClusterLoadAssignment.Policy
          overprovisioning_factor
        envoy.config.endpoint.v3.LocalityLbEndpoints
          locality ~metadata lb_endpoints* load_balancing_weight priority !load_balancer_endpoints !leds_cluster_locality_config
        envoy.config.endpoint.v3.LbEndpoint
          endpoint health_status metadata load_balancing_weight !endpoint_name
        envoy.config.endpoint.v3.Endpoint
          address health_check_config hostname
        envoy.config.endpoint.v3.Endpoint.HealthCheckConfig
          port_value hostname disable_active_health_check
        envoy.config.core.v3.Locality
          ~region ~zone ~sub_zone
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          common_http_protocol_options upstream_http_protocol_options explicit_http_config use_downstream_protocol_config auto_config
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig
          http_protocol_options http2_protocol_options !http3_protocol_options
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig
          http_protocol_options http2_protocol_options
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig
          http_protocol_options http2_protocol_options
        envoy.config.core.v3.Http2ProtocolOptions
          max_concurrent_streams initial_stream_window_size initial_connection_window_size hpack_table_size allow_connect connection_keepalive max_outbound_control_frames
          max_consecutive_inbound_frames_with_empty_payload max_inbound_priority_frames_per_stream max_inbound_window_update_frames_per_data_frame_sent
        envoy.config.core.v3.KeepaliveSettings
          interval timeout
        envoy.config.core.v3.UpstreamHttpProtocolOptions
          auto_sni auto_san_validation !override_auto_sni_header

        envoy.config.core.v3.TransportSocket
          name typed_config
        envoy.config.core.v3.TypedExtensionConfig
          name typed_config
        envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer
        envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport
          config transport_socket<upstream transport>
        envoy.config.core.v3.ProxyProtocolConfig
          version
        envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context require_client_certificate !require_sni
        envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          common_tls_context sni
        envoy.extensions.transport_sockets.tls.v3.CommonTlsContext
          tls_params tls_certificates tls_certificate_sds_secret_configs validation_context validation_context_sds_secret_config combined_validation_context alpn_protocols
          !tls_certificate_provider_instance !tls_certificate_certificate_provider !tls_certificate_certificate_provider_instance !validation_context_certificate_provider
          !validation_context_certificate_provider_instance !custom_handshaker
        envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext
          default_validation_context validation_context_sds_secret_config !validation_context_certificate_provider !validation_context_certificate_provider_instance
        envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext
          trusted_ca system_root_certs verify_certificate_spki verify_certificate_hash match_typed_subject_alt_names match_subject_alt_names crl trust_chain_verification
          only_verify_leaf_cert_crl !custom_validator_config !ca_certificate_provider_instance !require_signed_certificate_timestamp !max_verify_depth
        envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.SystemRootCerts
        envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher
          san_type matcher !oid
        envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig
          name ~sds_config
        envoy.extensions.transport_sockets.tls.v3.TlsCertificate
          certificate_chain private_key password ~ocsp_staple !pkcs12 !private_key_provider
        envoy.extensions.transport_sockets.tls.v3.TlsParameters
          tls_minimum_protocol_version tls_maximum_protocol_version cipher_suites
        envoy.config.core.v3.RetryPolicy
          retry_back_off num_retries retry_on
        envoy.config.core.v3.BackoffStrategy
          base_interval max_interval

        <listener filter>
          envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
        <network filter>
          envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          envoy.extensions.filters.network.rbac.v3.RBAC envoy.extensions.filters.network.ext_authz.v3.ExtAuthz
          envoy.extensions.filters.network.ratelimit.v3.RateLimit envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit
          envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit
        <http filter>
          envoy.extensions.filters.http.buffer.v3.Buffer envoy.extensions.filters.http.compressor.v3.Compressor envoy.extensions.filters.http.cors.v3.Cors
          envoy.extensions.filters.http.csrf.v3.CsrfPolicy
          envoy.extensions.filters.http.fault.v3.HTTPFault envoy.extensions.filters.http.grpc_stats.v3.FilterConfig envoy.extensions.filters.http.grpc_web.v3.GrpcWeb envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
          envoy.extensions.filters.http.health_check.v3.HealthCheck envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit envoy.extensions.filters.http.ratelimit.v3.RateLimit envoy.extensions.filters.http.oauth2.v3.OAuth2 envoy.extensions.filters.http.router.v3.Router
          envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth envoy.extensions.filters.http.basic_auth.v3.BasicAuth
          envoy.extensions.filters.http.rbac.v3.RBAC envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
        <route filter>
          envoy.extensions.filters.http.buffer.v3.BufferPerRoute envoy.extensions.filters.http.compressor.v3.CompressorPerRoute envoy.extensions.filters.http.cors.v3.CorsPolicy
          envoy.extensions.filters.http.csrf.v3.CsrfPolicy
          envoy.extensions.filters.http.fault.v3.HTTPFault envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute
          envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute envoy.extensions.filters.http.oauth2.v3.OAuth2PerRoute envoy.config.route.v3.FilterConfig
          envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute envoy.extensions.filters.http.basic_auth.v3.BasicAuthPerRoute
          envoy.extensions.filters.http.rbac.v3.RBACPerRoute envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute
        <path template>
          envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig
        <access logger>
          envoy.extensions.access_loggers.file.v3.FileAccessLog envoy.extensions.access_loggers.stream.v3.StdoutAccessLog envoy.extensions.access_loggers.stream.v3.StderrAccessLog
        <header formatter>
          envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig
        <request id>
          envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig
        <redirect predicate>
          envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig
          envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig
        <retry priority>
          envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig
        <retry host predicate>
          envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate
        <compressor library>
          envoy.extensions.compression.gzip.compressor.v3.Gzip envoy.extensions.compression.brotli.compressor.v3.Brotli envoy.extensions.compression.zstd.compressor.v3.Zstd
        <protocol options>
          envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        <downstream transport>
          envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer
        <upstream transport>
          envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer
          envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport
        """;
}
