using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.RequestId.Uuid.V3;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Http.Headers;
using Tidegate.Http.Paths;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Runtime;
using Proto = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles HTTP connection managers (istio-gateway.md 2.4).</summary>
/// <param name="routes">Compiles routes that are written in the listener itself.</param>
/// <param name="slotOf">The place of a route configuration by name.</param>
internal sealed class HttpConnectionManagerCompiler(RouteCompiler routes, Func<string, RouteTableSlot> slotOf)
{
    /// <summary>Compiles a connection manager; null when it could not be read. Other reasons to refuse it are in the report.</summary>
    /// <param name="packed">What is compiled.</param>
    /// <param name="scope">Where it stands.</param>
    /// <param name="before">Earlier versions of it; the newest first.</param>
    public RuntimeHttpConnectionManager? Compile(Any? packed, CompileScope scope, IEnumerable<RuntimeHttpConnectionManager> before)
    {
        if (!scope.TryUnpack(packed, out Proto? manager))
        {
            return null;
        }

        RefuseUnsupported(manager, scope);
        LeaveOutDispensable(manager, scope);
        HttpProtocolOptions common = manager.CommonHttpProtocolOptions ?? new HttpProtocolOptions();
        CompileScope commonScope = scope.At("common_http_protocol_options");
        IReadOnlyList<RuntimeHttpFilter> filters = HttpFilterCompiler.Compile(
            manager.HttpFilters, routes.Filters, scope, before.SelectMany(static known => known.Filters));
        NameCase nameCase = NameCaseCompiler.Compile(manager.HttpProtocolOptions, scope.At("http_protocol_options"));
        return new RuntimeHttpConnectionManager
        {
            Source = manager,
            StatPrefix = manager.StatPrefix,
            Routes = Routes(manager, scope),
            RoutesFetchTimeoutMs = scope.At("rds.config_source.initial_fetch_timeout").MillisecondsOrNull(manager.Rds?.ConfigSource?.InitialFetchTimeout) ?? 15_000,
            Filters = filters,
            GrpcStats = GrpcStatsCompiler.Compile(filters),
            SuppressesEnvoyHeaders = filters.Any(static filter => filter.Config is Router { SuppressEnvoyHeaders: true }),
            AccessLogs = AccessLogCompiler.Compile(manager.AccessLog, scope, before.Select(static known => known.AccessLogs)),
            HasTracing = manager.Tracing is not null,
            ServerName = manager.ServerName.Length > 0 ? manager.ServerName : "envoy",
            ServerHeader = manager.ServerHeaderTransformation,
            UsesRemoteAddress = manager.UseRemoteAddress ?? false,
            TrustedHops = (int)Math.Min(manager.XffNumTrustedHops, 1000),
            SkipsForwardedForAppend = manager.SkipXffAppend,
            AppendsForwardedPort = manager.AppendXForwardedPort,
            ForwardClientCert = manager.ForwardClientCertDetails,
            GeneratesRequestId = manager.GenerateRequestId ?? true,
            PreservesExternalRequestId = manager.PreserveExternalRequestId,
            SetsRequestIdInResponse = manager.AlwaysSetRequestIdInResponse,
            PathOptions = new PathOptions
            {
                Normalize = manager.NormalizePath ?? false,
                MergeAdjacentSlashes = manager.MergeSlashes,
                EscapedSlashes = EscapedSlashes(manager.PathWithEscapedSlashesAction),
            },
            HostPortStripping = manager.StripAnyHostPort ? HostPortStripping.Any
                : manager.StripMatchingHostPort ? HostPortStripping.Matching
                : HostPortStripping.None,
            StripsTrailingHostDot = manager.StripTrailingHostDot,
            KeepsNameCase = nameCase == NameCase.AsReceived,
            ResponseNameCase = nameCase == NameCase.ProperWords ? nameCase : NameCase.Lower,
            PassesHttp1Trailers = manager.HttpProtocolOptions?.EnableTrailers ?? false,
            LocalReplies = LocalReplies(manager, scope.At("local_reply_config").BeginUnit()),
            Via = manager.Via,
            DelayedCloseTimeoutMs = scope.At("delayed_close_timeout").MillisecondsOrNull(manager.DelayedCloseTimeout),
            Upgrades = UpgradeSet.Of(manager.UpgradeConfigs.Select(static upgrade => (upgrade.UpgradeType, upgrade.Enabled))),
            IdleTimeoutMs = commonScope.At("idle_timeout").MillisecondsOrNull(common.IdleTimeout),
            MaxConnectionDurationMs = commonScope.At("max_connection_duration").MillisecondsOrNull(common.MaxConnectionDuration),
            MaxStreamDurationMs = commonScope.At("max_stream_duration").MillisecondsOrNull(common.MaxStreamDuration),
            StreamIdleTimeoutMs = scope.At("stream_idle_timeout").MillisecondsOrNull(manager.StreamIdleTimeout) ?? 300_000,
            RequestTimeoutMs = scope.At("request_timeout").MillisecondsOrNull(manager.RequestTimeout),
            RequestHeadersTimeoutMs = scope.At("request_headers_timeout").MillisecondsOrNull(manager.RequestHeadersTimeout),
            MaxRequestsPerConnection = common.MaxRequestsPerConnection,
            MaxRequestHeadersBytes = manager.MaxRequestHeadersKb is { } kb ? (int)Math.Min(kb, 8192) * 1024 : null,
            MaxRequestHeadersCount = common.MaxHeadersCount is { } count ? (int)Math.Min(count, 10_000) : null,
            Http2 = Http2OptionsCompiler.Compile(manager.Http2ProtocolOptions, scope.At("http2_protocol_options")),
            CodecType = manager.CodecType,
            AcceptsHttp10 = manager.HttpProtocolOptions?.AcceptHttp10 ?? false,
            AcceptsCustomMethods = manager.HttpProtocolOptions?.AllowCustomMethods ?? false,
            DefaultHostForHttp10 = manager.HttpProtocolOptions?.DefaultHostForHttp10 ?? string.Empty,
            RejectsUnderscoreHeaders =
                common.HeadersWithUnderscoresAction == HttpProtocolOptions.Types.HeadersWithUnderscoresAction.RejectRequest,
            DropsUnderscoreHeaders =
                common.HeadersWithUnderscoresAction == HttpProtocolOptions.Types.HeadersWithUnderscoresAction.DropHeader,
        };
    }

    // Without them clients get the gateway's own words, and no more and no less than that.
    private static LocalReplyRules? LocalReplies(Proto manager, CompileUnit unit)
    {
        LocalReplyRules? rules = LocalReplyCompiler.Compile(manager.LocalReplyConfig, unit.Scope);
        if (!unit.IsRefused)
        {
            return rules;
        }

        manager.LocalReplyConfig = null;
        unit.LeaveOut(keepsLastGood: false);
        return null;
    }

    private static void RefuseUnsupported(Proto manager, CompileScope scope)
    {
        scope.RefuseIf(manager.StatPrefix.Length == 0, "stat_prefix is empty");
        scope.RefuseIf(
            manager.CodecType is not (Proto.Types.CodecType.Auto or Proto.Types.CodecType.Http1 or Proto.Types.CodecType.Http2),
            $"codec_type {manager.CodecType} is not supported yet");
        scope.RefuseIf(manager.EarlyHeaderMutationExtensions.Count > 0, "early_header_mutation_extensions is not supported");
        scope.NoteIf(manager.SchemeHeaderTransformation is not null, "scheme_header_transformation is not acted on");
        scope.NoteIf(manager.ProxyStatusConfig is not null, "proxy_status_config is not acted on");
        scope.NoteIf(manager.AddUserAgent == true, "add_user_agent is not acted on");
    }

    // Takes out of the message, which is our own copy, what requests can do without: who is let in does not depend on it.
    private static void LeaveOutDispensable(Proto manager, CompileScope scope)
    {
        if (manager.OriginalIpDetectionExtensions.Count > 0)
        {
            scope.At("original_ip_detection_extensions").LeaveOutIf(true, "is not supported: the client is whom the connection or x-forwarded-for tells of");
            manager.OriginalIpDetectionExtensions.Clear();
        }

        if (manager.InternalAddressConfig is { } addresses && (addresses.CidrRanges.Count > 0 || addresses.UnixSockets))
        {
            scope.At("internal_address_config").LeaveOutIf(true, "is not supported: no address is internal");
            manager.InternalAddressConfig = null;
        }

        if (manager.RequestIdExtension?.TypedConfig is { } requestId && !requestId.Is(UuidRequestIdConfig.Descriptor))
        {
            scope.At("request_id_extension").LeaveOutIf(true, "only UUIDs are supported");
            manager.RequestIdExtension = null;
        }

        LeaveOutDurations(manager, scope);
        if (manager.CommonHttpProtocolOptions is { } common)
        {
            LeaveOutDurations(common, scope.At("common_http_protocol_options"));
        }
    }

    // Without a limit of its own a listener has the default.
    private static void LeaveOutDurations(IMessage message, CompileScope scope)
    {
        foreach (FieldDescriptor field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.FieldType == FieldType.Message && !field.IsRepeated && field.Accessor.GetValue(message) is Duration duration && !CompileScope.IsInRange(duration))
            {
                scope.At(field.Name).LeaveOutIf(true, $"the duration {duration} is out of range");
                field.Accessor.Clear(message);
            }
        }
    }

    private static EscapedSlashesAction EscapedSlashes(Proto.Types.PathWithEscapedSlashesAction action) => action switch
    {
        Proto.Types.PathWithEscapedSlashesAction.RejectRequest => EscapedSlashesAction.RejectRequest,
        Proto.Types.PathWithEscapedSlashesAction.UnescapeAndRedirect => EscapedSlashesAction.UnescapeAndRedirect,
        Proto.Types.PathWithEscapedSlashesAction.UnescapeAndForward => EscapedSlashesAction.UnescapeAndForward,
        _ => EscapedSlashesAction.KeepUnchanged,
    };

    private RouteTableSlot Routes(Proto manager, CompileScope scope)
    {
        switch (manager.RouteSpecifierCase)
        {
            case Proto.RouteSpecifierOneofCase.Rds:
                scope.At("rds").RefuseIf(manager.Rds.RouteConfigName.Length == 0, "route_config_name is empty");
                return slotOf(manager.Rds.RouteConfigName);
            case Proto.RouteSpecifierOneofCase.RouteConfig:
                return new RouteTableSlot(manager.RouteConfig.Name, isInline: true) { Current = routes.Compile(manager.RouteConfig, scope.At("route_config")) };
            default:
                scope.Refuse(manager.RouteSpecifierCase == Proto.RouteSpecifierOneofCase.None ? "routes are missing" : "scoped_routes is not supported");
                return new RouteTableSlot(string.Empty, isInline: true);
        }
    }
}
