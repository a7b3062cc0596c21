namespace Tidegate.Pilot.Translation.Features;

/// <summary>The part of the table that is of filters' own messages (<see cref="FieldTableText"/> says how it is written).</summary>
internal static class FieldTableFilterText
{
    public const string Tidegate = """
        envoy.extensions.filters.http.router.v3.Router
          suppress_envoy_headers ~dynamic_stats ~start_child_span
        envoy.extensions.filters.http.buffer.v3.Buffer
          max_request_bytes
        envoy.extensions.filters.http.buffer.v3.BufferPerRoute
          disabled buffer
        envoy.extensions.filters.http.compressor.v3.Compressor
          content_length content_type disable_on_etag_header remove_accept_encoding_header runtime_enabled compressor_library<compressor library> response_direction_config choose_first
        envoy.extensions.filters.http.compressor.v3.Compressor.ResponseDirectionConfig
          common_config disable_on_etag_header remove_accept_encoding_header
        envoy.extensions.filters.http.compressor.v3.Compressor.CommonDirectionConfig
          enabled min_content_length content_type
        envoy.extensions.filters.http.compressor.v3.CompressorPerRoute
          disabled overrides
        envoy.extensions.filters.http.compressor.v3.CompressorOverrides
          response_direction_config
        envoy.extensions.filters.http.compressor.v3.ResponseDirectionOverrides
          remove_accept_encoding_header
        envoy.extensions.compression.brotli.compressor.v3.Brotli
          quality window_bits ~encoder_mode ~input_block_bits ~chunk_size ~disable_literal_context_modeling
        envoy.extensions.compression.gzip.compressor.v3.Gzip
          compression_level compression_strategy ~memory_level ~window_bits ~chunk_size
        envoy.extensions.compression.zstd.compressor.v3.Zstd
          compression_level enable_checksum ~strategy ~chunk_size !dictionary
        envoy.extensions.filters.http.csrf.v3.CsrfPolicy
          filter_enabled shadow_enabled additional_origins
        envoy.extensions.filters.http.cors.v3.Cors
        envoy.extensions.filters.http.cors.v3.CorsPolicy
          allow_origin_string_match allow_methods allow_headers expose_headers max_age allow_credentials filter_enabled shadow_enabled allow_private_network_access
          forward_not_matching_preflights
        envoy.extensions.filters.http.fault.v3.HTTPFault
          delay abort upstream_cluster headers max_active_faults !downstream_nodes ~delay_percent_runtime ~abort_percent_runtime ~delay_duration_runtime
          ~abort_http_status_runtime ~max_active_faults_runtime ~response_rate_limit_percent_runtime ~abort_grpc_status_runtime ~disable_downstream_cluster_stats
        envoy.extensions.filters.common.fault.v3.FaultDelay
          fixed_delay header_delay percentage
        envoy.extensions.filters.common.fault.v3.FaultDelay.HeaderDelay
        envoy.extensions.filters.http.fault.v3.FaultAbort
          http_status grpc_status header_abort percentage
        envoy.extensions.filters.http.fault.v3.FaultAbort.HeaderAbort
        envoy.extensions.filters.http.grpc_stats.v3.FilterConfig
          ~emit_filter_state individual_method_stats_allowlist stats_for_all_methods replace_dots_in_grpc_service_name
        envoy.config.core.v3.GrpcMethodList
          services
        envoy.config.core.v3.GrpcMethodList.Service
          name method_names
        envoy.extensions.filters.http.grpc_web.v3.GrpcWeb
        envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
          mutations most_specific_header_mutations_wins
        envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute
          mutations
        envoy.extensions.filters.http.header_mutation.v3.Mutations
          request_mutations response_mutations
        envoy.config.common.mutation_rules.v3.HeaderMutation
          remove append
        envoy.extensions.filters.http.health_check.v3.HealthCheck
          pass_through_mode cache_time cluster_min_healthy_percentages headers
        envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
          stat_prefix status token_bucket filter_enabled filter_enforced request_headers_to_add_when_not_enforced response_headers_to_add descriptors* stage
          local_rate_limit_per_downstream_connection enable_x_ratelimit_headers vh_rate_limits always_consume_default_token_bucket rate_limited_as_resource_exhausted
          rate_limits max_dynamic_descriptors
        envoy.extensions.filters.http.ratelimit.v3.RateLimit
          domain stage request_type timeout failure_mode_deny rate_limited_as_resource_exhausted rate_limit_service enable_x_ratelimit_headers disable_x_envoy_ratelimited_header
          rate_limited_status response_headers_to_add status_on_error stat_prefix filter_enabled filter_enforced failure_mode_deny_percent rate_limits
        envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute
          vh_rate_limits rate_limits domain !override_option
        envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit
          stat_prefix token_bucket runtime_enabled share_key
        envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit
          stat_prefix max_connections delay runtime_enabled
        envoy.extensions.filters.network.ratelimit.v3.RateLimit
          stat_prefix domain descriptors timeout failure_mode_deny rate_limit_service
        envoy.config.ratelimit.v3.RateLimitServiceConfig
          grpc_service transport_api_version
        envoy.extensions.common.ratelimit.v3.RateLimitDescriptor
          entries limit hits_addend
        envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.RateLimitOverride
          requests_per_unit unit
        envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor
          entries token_bucket shadow_mode
        envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry
          key value
        envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth
          credentials key_sources forwarding
        envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute
          credentials key_sources allowed_clients forwarding
        envoy.extensions.filters.http.api_key_auth.v3.Credential
          key client
        envoy.extensions.filters.http.api_key_auth.v3.KeySource
          header query cookie
        envoy.extensions.filters.http.api_key_auth.v3.Forwarding
          header hide_credentials
        envoy.extensions.filters.http.basic_auth.v3.BasicAuth
          users forward_username_header
        envoy.extensions.filters.http.basic_auth.v3.BasicAuthPerRoute
          users
        envoy.extensions.filters.http.rbac.v3.RBAC
          rules rules_stat_prefix shadow_rules shadow_rules_stat_prefix track_per_rule_stats !matcher
        envoy.extensions.filters.http.rbac.v3.RBACPerRoute
          rbac
        envoy.extensions.filters.network.rbac.v3.RBAC
          rules shadow_rules shadow_rules_stat_prefix stat_prefix ~enforcement_type !matcher
        envoy.config.rbac.v3.RBAC
          action policies
        envoy.config.rbac.v3.Policy
          permissions principals !condition !checked_condition
        envoy.config.rbac.v3.Permission
          and_rules or_rules any header url_path destination_ip destination_port destination_port_range metadata not_rule requested_server_name uri_template<path template> !matcher
        envoy.config.rbac.v3.Permission.Set
          rules
        envoy.config.rbac.v3.Principal
          and_ids or_ids any authenticated source_ip direct_remote_ip remote_ip header url_path metadata not_id !filter_state
        envoy.config.rbac.v3.Principal.Set
          ids
        envoy.config.rbac.v3.Principal.Authenticated
          principal_name
        envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig
          path_template
        envoy.type.matcher.v3.PathMatcher
          path
        envoy.type.matcher.v3.MetadataMatcher
          filter path value invert
        envoy.type.matcher.v3.MetadataMatcher.PathSegment
          key
        envoy.type.matcher.v3.ValueMatcher
          null_match double_match string_match bool_match present_match list_match or_match
        envoy.type.matcher.v3.ValueMatcher.NullMatch
        envoy.type.matcher.v3.DoubleMatcher
          range exact
        envoy.type.matcher.v3.ListMatcher
          one_of
        envoy.type.matcher.v3.OrMatcher
          value_matchers
        envoy.type.matcher.v3.ListStringMatcher
          patterns
        envoy.type.v3.DoubleRange
          start end
        envoy.type.v3.Int32Range
          start end
        envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
          providers rules bypass_cors_preflight requirement_map strip_failure_response !filter_state_rules
        envoy.extensions.filters.http.jwt_authn.v3.JwtProvider
          issuer audiences subjects require_expiration max_lifetime remote_jwks local_jwks forward from_headers from_params from_cookies forward_payload_header
          pad_forward_payload_header payload_in_metadata normalize_payload_in_metadata header_in_metadata clock_skew_seconds ~jwt_cache_config
          claim_to_headers clear_route_cache
        envoy.extensions.filters.http.jwt_authn.v3.JwtProvider.NormalizePayload
          space_delimited_claims
        envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks
          http_uri cache_duration ~async_fetch
        envoy.extensions.filters.http.jwt_authn.v3.JwtHeader
          name value_prefix
        envoy.extensions.filters.http.jwt_authn.v3.ProviderWithAudiences
          provider_name audiences
        envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement
          provider_name provider_and_audiences requires_any requires_all allow_missing_or_failed allow_missing
        envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList
          requirements
        envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementAndList
          requirements
        envoy.extensions.filters.http.jwt_authn.v3.RequirementRule
          match requires requirement_name
        envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader
          header_name claim_name
        envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig
          disabled requirement_name
        envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
          grpc_service http_service transport_api_version failure_mode_allow failure_mode_allow_header_add with_request_body clear_route_cache status_on_error validate_mutations
          metadata_context_namespaces route_metadata_context_namespaces filter_enabled filter_enabled_metadata deny_at_disable include_peer_certificate stat_prefix
          allowed_headers disallowed_headers include_tls_session encode_raw_headers decoder_header_mutation_rules enable_dynamic_metadata_ingestion
          ~charge_cluster_response_stats !bootstrap_metadata_labels_key
        envoy.extensions.filters.http.ext_authz.v3.BufferSettings
          max_request_bytes allow_partial_message pack_as_bytes
        envoy.extensions.filters.http.ext_authz.v3.HttpService
          server_uri path_prefix authorization_request authorization_response
        envoy.extensions.filters.http.ext_authz.v3.AuthorizationRequest
          allowed_headers headers_to_add
        envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse
          allowed_upstream_headers allowed_upstream_headers_to_append allowed_client_headers allowed_client_headers_on_success dynamic_metadata_from_headers
        envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute
          disabled check_settings
        envoy.extensions.filters.http.ext_authz.v3.CheckSettings
          context_extensions disable_request_body_buffering with_request_body
        envoy.extensions.filters.network.ext_authz.v3.ExtAuthz
          stat_prefix grpc_service failure_mode_allow include_peer_certificate transport_api_version filter_enabled_metadata include_tls_session !bootstrap_metadata_labels_key
        envoy.extensions.filters.http.oauth2.v3.OAuth2
          config
        envoy.extensions.filters.http.oauth2.v3.OAuth2PerRoute
          config
        envoy.extensions.filters.http.oauth2.v3.OAuth2Config
          token_endpoint authorization_endpoint credentials redirect_uri redirect_path_matcher signout_path forward_bearer_token pass_through_matcher auth_scopes resources
          auth_type=URL_ENCODED_BODY|BASIC_AUTH|TLS_CLIENT_AUTH use_refresh_token default_expires_in deny_redirect_matcher default_refresh_token_expires_in preserve_authorization_header
          disable_id_token_set_cookie retry_policy disable_access_token_set_cookie disable_refresh_token_set_cookie cookie_configs stat_prefix end_session_endpoint csrf_token_expires_in
          code_verifier_token_expires_in disable_token_encryption allow_failed_matcher original_request_uri allowed_redirect_domains use_access_token_expiry_for_id_token_cookie forward_id_token
          post_logout_redirect_uri !private_key_jwt_config
        envoy.extensions.filters.http.oauth2.v3.OAuth2Credentials
          client_id token_secret hmac_secret cookie_names cookie_domain
        envoy.extensions.filters.http.oauth2.v3.OAuth2Credentials.CookieNames
          bearer_token oauth_hmac oauth_expires id_token refresh_token oauth_nonce code_verifier
        envoy.extensions.filters.http.oauth2.v3.CookieConfigs
          bearer_token_cookie_config oauth_hmac_cookie_config oauth_expires_cookie_config id_token_cookie_config refresh_token_cookie_config oauth_nonce_cookie_config code_verifier_cookie_config
        envoy.extensions.filters.http.oauth2.v3.CookieConfig
          same_site path partitioned
        envoy.extensions.filters.http.oauth2.v3.OAuth2TokenForwarding
          header
        envoy.extensions.filters.http.oauth2.v3.PostLogoutRedirectUri
          disabled uri

        """;
}
