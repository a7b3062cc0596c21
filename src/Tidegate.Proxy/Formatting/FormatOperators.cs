using System.Collections.Frozen;
using Tidegate.Net;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Tls;
using Tidegate.Rules.Formats;

namespace Tidegate.Proxy.Formatting;

/// <summary>
/// How the value of each command operator is taken from an exchange. Which operators there are, and what their arguments may be, is said by
/// <see cref="Rules.Formats.FormatOperator"/>; those of it that are not here never have a value.
/// </summary>
internal static class FormatOperators
{
    private static readonly string HostName = Environment.MachineName;

    private static readonly FrozenDictionary<string, Func<FormatCall, FormatOperator>> Table = new Dictionary<string, Func<FormatCall, FormatOperator>>
    {
        // Times.
        ["START_TIME"] = Time(static x => x.StartTicksUtc),
        ["START_TIME_LOCAL"] = Time(static x => x.StartTicksUtc, isLocal: true),
        ["EMIT_TIME"] = Time(EmitTicksUtc),
        ["EMIT_TIME_LOCAL"] = Time(EmitTicksUtc, isLocal: true),

        // Durations, milliseconds since the request's first byte.
        ["DURATION"] = Number(static x => Between(x.StartUs, x.EndUs)),
        ["REQUEST_DURATION"] = Number(static x => Between(x.StartUs, x.RequestEndUs)),
        ["RESPONSE_DURATION"] = Number(static x => Between(x.StartUs, x.UpstreamFirstByteUs)),
        ["RESPONSE_TX_DURATION"] = Number(static x => Between(x.UpstreamFirstByteUs, x.EndUs)),
        ["UPSTREAM_CONNECTION_POOL_READY_DURATION"] = Number(static x => Between(x.StartUs, x.UpstreamStartUs)),
        ["COMMON_DURATION"] = CommonDuration,

        // Headers.
        ["REQ"] = static call => RequestHeader(call, withoutQuery: false),
        ["REQUEST_HEADER"] = static call => RequestHeader(call, withoutQuery: false),
        ["REQ_WITHOUT_QUERY"] = static call => RequestHeader(call, withoutQuery: true),
        ["RESP"] = ResponseHeader,
        ["RESPONSE_HEADER"] = ResponseHeader,
        ["STREAM_ID"] = static call => new RequestHeaderOperator(new HeaderName("x-request-id"), null, LimitOf(call), withoutQuery: false),
        ["UNIQUE_ID"] = static _ => new UniqueIdOperator(),
        ["GRPC_STATUS"] = static call => new GrpcStatusOperator(call.Argument switch
        {
            "SNAKE_STRING" => GrpcStatusNames.Style.Snake,
            "NUMBER" => GrpcStatusNames.Style.Number,
            _ => GrpcStatusNames.Style.Camel,
        }),
        ["GRPC_STATUS_NUMBER"] = static _ => new GrpcStatusOperator(GrpcStatusNames.Style.Number),

        // The request and its answer.
        ["PATH"] = static call => new PathOperator(
            call.Argument.StartsWith("NQ", StringComparison.Ordinal) ? PathPart.WithoutQuery : PathPart.All,
            call.Argument.Split(':').ElementAtOrDefault(1) ?? string.Empty,
            LimitOf(call)),
        ["QUERY_PARAM"] = static call => new QueryParameterOperator(call.Argument, LimitOf(call)),
        ["QUERY_PARAMS"] = static call => new PathOperator(PathPart.Query, string.Empty, LimitOf(call)),
        ["PROTOCOL"] = Text(static x => x.IsConnection ? null : ProtocolName(x.Request.Version)),
        ["RESPONSE_CODE"] = Number(static x => x.ResponseStatus),
        ["RESPONSE_CODE_DETAILS"] = Text(static x => x.ResponseCodeDetails),
        ["CONNECTION_TERMINATION_DETAILS"] = Text(static x => x.ConnectionTerminationDetails),
        ["RESPONSE_FLAGS"] = static _ => new FlagsOperator(isLong: false),
        ["RESPONSE_FLAGS_LONG"] = static _ => new FlagsOperator(isLong: true),
        ["BYTES_RECEIVED"] = Number(static x => x.RequestBodyBytes),
        ["BYTES_SENT"] = Number(static x => x.ResponseBodyBytes),
        ["REQUEST_HEADERS_BYTES"] = Number(static x => x.RequestHeaderBytes),
        ["RESPONSE_HEADERS_BYTES"] = Number(static x => x.ResponseHeaderBytes),
        ["RESPONSE_TRAILERS_BYTES"] = Number(static _ => 0),
        ["ROUTE_NAME"] = Text(static x => x.RouteName),
        ["LOCAL_REPLY_BODY"] = static call => new LocalReplyBodyOperator(LimitOf(call)),
        ["ACCESS_LOG_TYPE"] = Text(static x => !x.IsConnection ? "DownstreamEnd" : x.ClusterName is null && x.Cluster is null ? "NotSet" : "TcpConnectionEnd"),

        // Upstream.
        ["UPSTREAM_CLUSTER"] = Text(static x => x.Cluster is null ? null : string.IsNullOrEmpty(x.Cluster.AltStatName) ? x.Cluster.Name : x.Cluster.AltStatName),
        ["UPSTREAM_CLUSTER_RAW"] = Text(static x => x.Cluster?.Name),
        ["UPSTREAM_HOST"] = Address(static x => x.Endpoint?.Address ?? default),
        ["UPSTREAM_HOST_NAME"] = static call => HostNameOrAddress(call, AddressPart.All),
        ["UPSTREAM_HOST_NAME_WITHOUT_PORT"] = static call => HostNameOrAddress(call, AddressPart.WithoutPort),
        ["UPSTREAM_REMOTE_ADDRESS"] = Address(UpstreamAddress),
        ["UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT"] = Address(UpstreamAddress, AddressPart.WithoutPort),
        ["UPSTREAM_REMOTE_PORT"] = Address(UpstreamAddress, AddressPart.Port),
        ["UPSTREAM_LOCAL_ADDRESS"] = Address(static x => x.UpstreamLocalAddress),
        ["UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"] = Address(static x => x.UpstreamLocalAddress, AddressPart.WithoutPort),
        ["UPSTREAM_LOCAL_PORT"] = Address(static x => x.UpstreamLocalAddress, AddressPart.Port),
        ["UPSTREAM_TRANSPORT_FAILURE_REASON"] = Text(static x => x.UpstreamTransportFailureReason),
        ["UPSTREAM_REQUEST_ATTEMPT_COUNT"] = Number(static x => x.AttemptCount),
        ["UPSTREAM_PROTOCOL"] = Text(static x => x.UpstreamStartUs > 0 ? "HTTP/1.1" : null),

        // Downstream.
        ["DOWNSTREAM_REMOTE_ADDRESS"] = Address(static x => x.DownstreamRemoteAddress),
        ["DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT"] = Address(static x => x.DownstreamRemoteAddress, AddressPart.WithoutPort),
        ["DOWNSTREAM_REMOTE_PORT"] = Address(static x => x.DownstreamRemoteAddress, AddressPart.Port),
        ["DOWNSTREAM_DIRECT_REMOTE_ADDRESS"] = Address(static x => x.DownstreamDirectAddress),
        ["DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT"] = Address(static x => x.DownstreamDirectAddress, AddressPart.WithoutPort),
        ["DOWNSTREAM_DIRECT_REMOTE_PORT"] = Address(static x => x.DownstreamDirectAddress, AddressPart.Port),
        ["DOWNSTREAM_LOCAL_ADDRESS"] = Address(static x => x.DownstreamLocalAddress),
        ["DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"] = Address(static x => x.DownstreamLocalAddress, AddressPart.WithoutPort),
        ["DOWNSTREAM_LOCAL_PORT"] = Address(static x => x.DownstreamLocalAddress, AddressPart.Port),
        ["DOWNSTREAM_DIRECT_LOCAL_ADDRESS"] = Address(static x => x.DownstreamLocalAddress),
        ["DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT"] = Address(static x => x.DownstreamLocalAddress, AddressPart.WithoutPort),
        ["DOWNSTREAM_DIRECT_LOCAL_PORT"] = Address(static x => x.DownstreamLocalAddress, AddressPart.Port),
        ["REQUESTED_SERVER_NAME"] = ServerName,

        // The client's TLS.
        ["DOWNSTREAM_TRANSPORT_FAILURE_REASON"] = Text(static x => x.DownstreamTransportFailureReason),
        ["DOWNSTREAM_TLS_VERSION"] = Text(static x => x.DownstreamTls?.Version),
        ["DOWNSTREAM_TLS_CIPHER"] = Text(static x => x.DownstreamTls?.CipherSuite),
        ["DOWNSTREAM_LOCAL_SUBJECT"] = DistinguishedName(static x => x.DownstreamTls?.LocalSubject),
        ["DOWNSTREAM_LOCAL_URI_SAN"] = Text(static x => x.DownstreamTls?.JoinedLocalUris),
        ["DOWNSTREAM_PEER_SUBJECT"] = DistinguishedName(static x => x.DownstreamTls?.Peer?.Subject),
        ["DOWNSTREAM_PEER_ISSUER"] = DistinguishedName(static x => x.DownstreamTls?.Peer?.Issuer),
        ["DOWNSTREAM_PEER_SERIAL"] = Peer(static peer => peer.Serial),
        ["DOWNSTREAM_PEER_FINGERPRINT_1"] = Peer(static peer => peer.Sha1),
        ["DOWNSTREAM_PEER_FINGERPRINT_256"] = Peer(static peer => peer.Sha256),
        ["DOWNSTREAM_PEER_URI_SAN"] = Peer(static peer => peer.Joined(AltNameKind.Uri)),
        ["DOWNSTREAM_PEER_DNS_SAN"] = Peer(static peer => peer.Joined(AltNameKind.Dns)),
        ["DOWNSTREAM_PEER_IP_SAN"] = Peer(static peer => peer.Joined(AltNameKind.IpAddress)),
        ["DOWNSTREAM_PEER_EMAIL_SAN"] = Peer(static peer => peer.Joined(AltNameKind.Email)),
        ["DOWNSTREAM_PEER_CERT"] = Peer(static peer => peer.UrlEncodedPem),
        ["DOWNSTREAM_PEER_CERT_V_START"] = Time(static x => x.DownstreamTls?.Peer?.NotBefore.Ticks ?? 0),
        ["DOWNSTREAM_PEER_CERT_V_END"] = Time(static x => x.DownstreamTls?.Peer?.NotAfter.Ticks ?? 0),

        // What the configuration carries.
        ["METADATA"] = Metadata,
        ["DYNAMIC_METADATA"] = static call => new DynamicMetadataOperator(UpstreamPath(call.Argument), LimitOf(call)),
        ["CLUSTER_METADATA"] = static call => new MetadataOperator(static x => x.Cluster?.Metadata, call.Argument.Split(':'), LimitOf(call)),
        ["UPSTREAM_METADATA"] = static call => new MetadataOperator(static x => x.Endpoint?.State.Metadata, UpstreamPath(call.Argument), LimitOf(call)),

        // The gateway, and what is put together of others.
        ["HOSTNAME"] = Text(static _ => HostName),
        ["ENVIRONMENT"] = EnvironmentVariable,
        ["COALESCE"] = static call => new CoalesceOperator([.. Rules.Formats.FormatOperator.CoalescedCalls(call.Argument).Select(Compile)]),
    }.ToFrozenDictionary();

    /// <summary>The names of those that have a value.</summary>
    public static IEnumerable<string> Names => Table.Keys;

    /// <summary>Compiles one operator that was found right.</summary>
    public static FormatOperator Compile(FormatCall call) =>
        Table.TryGetValue(call.Name, out Func<FormatCall, FormatOperator>? compile) ? compile(call) : AbsentOperator.Instance;

    /// <summary>What <c>%PROTOCOL%</c> prints.</summary>
    public static string ProtocolName(Http.HttpVersion version) => version switch
    {
        Http.HttpVersion.Http10 => "HTTP/1.0",
        Http.HttpVersion.Http11 => "HTTP/1.1",
        _ => "HTTP/2",
    };

    private static int LimitOf(FormatCall call) => call.MaxLength ?? int.MaxValue;

    private static long EmitTicksUtc(HttpExchange exchange) =>
        exchange.StartTicksUtc + (exchange.EndUs > exchange.StartUs ? (exchange.EndUs - exchange.StartUs) * TimeSpan.TicksPerMicrosecond : 0);

    // A connection that did not come about has no address of the other end.
    private static NetAddress UpstreamAddress(HttpExchange exchange) =>
        exchange.UpstreamLocalAddress.IsValid ? exchange.Endpoint?.Address ?? default : default;

    // Microseconds; -1 unless both moments have come.
    private static long BetweenUs(long fromUs, long toUs) => fromUs == 0 || toUs == 0 || toUs < fromUs ? -1 : toUs - fromUs;

    private static long Between(long fromUs, long toUs) => BetweenUs(fromUs, toUs) is >= 0 and var us ? us / 1000 : -1;

    private static Func<FormatCall, FormatOperator> Number(Func<HttpExchange, long> read)
    {
        var compiled = new NumberOperator(read);
        return _ => compiled;
    }

    private static Func<FormatCall, FormatOperator> Text(Func<HttpExchange, string?> read) => call => new TextOperator(read, LimitOf(call));

    private static Func<FormatCall, FormatOperator> Peer(Func<PeerCertificate, string> read) => call => new PeerOperator(read, LimitOf(call));

    private static Func<FormatCall, FormatOperator> DistinguishedName(Func<HttpExchange, string?> read) => call => new DistinguishedNameOperator(read, LimitOf(call));

    private static Func<FormatCall, FormatOperator> Address(Func<HttpExchange, NetAddress> read, AddressPart part = AddressPart.All) =>
        call => new AddressOperator(read, part, call.Argument.Length > 0 ? int.Parse(call.Argument, System.Globalization.CultureInfo.InvariantCulture) : 0);

    private static Func<FormatCall, FormatOperator> Time(Func<HttpExchange, long> read, bool isLocal = false) =>
        call => new TimeOperator(read, call.Argument.Length == 0 ? TimeFormat.Default : TimeFormat.Compile(call.Argument), isLocal);

    private static RequestHeaderOperator RequestHeader(FormatCall call, bool withoutQuery)
    {
        (string name, string? other) = Rules.Formats.FormatOperator.Fields(call.Argument);
        return new RequestHeaderOperator(new HeaderName(name), other is null ? null : new HeaderName(other), LimitOf(call), withoutQuery);
    }

    private static ResponseHeaderOperator ResponseHeader(FormatCall call)
    {
        (string name, string? other) = Rules.Formats.FormatOperator.Fields(call.Argument);
        return new ResponseHeaderOperator(new HeaderName(name), other is null ? null : new HeaderName(other), LimitOf(call));
    }

    // Its name, or its address where it has none.
    private static CoalesceOperator HostNameOrAddress(FormatCall call, AddressPart part) => new(
    [
        new TextOperator(static x => x.Endpoint?.Hostname, LimitOf(call)),
        new AddressOperator(static x => x.Endpoint?.Address ?? default, part),
    ]);

    private static FormatOperator ServerName(FormatCall call)
    {
        var sni = new TextOperator(static x => x.RequestedServerName, LimitOf(call));
        var host = new RequestHeaderOperator(new HeaderName(":authority"), null, LimitOf(call), withoutQuery: false);
        return call.Argument.Split(':')[0] switch
        {
            "SNI_FIRST" => new CoalesceOperator([sni, host]),
            "HOST_FIRST" => new CoalesceOperator([host, sni]),
            _ => sni,
        };
    }

    private static TextOperator EnvironmentVariable(FormatCall call)
    {
        string? value = Environment.GetEnvironmentVariable(call.Argument);
        return new TextOperator(_ => value, LimitOf(call));
    }

    private static FormatOperator Metadata(FormatCall call)
    {
        string[] path = call.Argument.Split(':');
        if (path[0] == "DYNAMIC")
        {
            return new DynamicMetadataOperator(path[1..], LimitOf(call));
        }

        Func<HttpExchange, Envoy.Config.Core.V3.Metadata?>? read = path[0] switch
        {
            "ROUTE" => static x => x.RouteMetadata,
            "CLUSTER" => static x => x.Cluster?.Metadata,
            "UPSTREAM_HOST" => static x => x.Endpoint?.State.Metadata,
            _ => null,
        };
        return read is null ? AbsentOperator.Instance : new MetadataOperator(read, path[1..], LimitOf(call));
    }

    // In the values of fields an older form is in use as well: ["istio", "workload"].
    private static string[] UpstreamPath(string argument) =>
        [.. argument.Trim('[', ']', ' ').Split([':', ','], StringSplitOptions.TrimEntries).Select(static part => part.Trim('"'))];

    private static FormatOperator CommonDuration(FormatCall call)
    {
        string[] parts = call.Argument.Split(':');
        if (Moment(parts[0]) is not { } from || Moment(parts[1]) is not { } to)
        {
            return AbsentOperator.Instance;
        }

        return parts.ElementAtOrDefault(2) switch
        {
            "us" => new NumberOperator(x => BetweenUs(from(x), to(x))),
            "ns" => new NumberOperator(x => BetweenUs(from(x), to(x)) is >= 0 and var us ? us * 1000 : -1),
            _ => new NumberOperator(x => Between(from(x), to(x))),
        };
    }

    // Of Envoy's moments those that are noted here: of a request (DS) and its last attempt (US), begin and end of what was received and sent.
    private static Func<HttpExchange, long>? Moment(string name) => name switch
    {
        "DS_RX_BEG" => static x => x.StartUs,
        "DS_RX_END" => static x => x.RequestEndUs,
        "US_TX_BEG" => static x => x.UpstreamStartUs,
        "US_RX_BEG" => static x => x.UpstreamFirstByteUs,
        "US_RX_END" => static x => x.UpstreamEndUs,
        "DS_TX_BEG" => static x => x.ResponseStartUs,
        "DS_TX_END" => static x => x.EndUs,
        _ => null,
    };
}
