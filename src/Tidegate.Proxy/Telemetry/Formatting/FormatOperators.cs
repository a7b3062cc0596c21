using System.Collections.Frozen;
using Tidegate.Net;
using Tidegate.Proxy.Exchanges;

namespace Tidegate.Proxy.Telemetry.Formatting;

/// <summary>
/// Every command operator there is, by name (Envoy: access log command operators). What Envoy knows and we have no value for
/// is there as <see cref="AbsentOperator"/>, so that a format written for Envoy compiles; a name that is not here is an error.
/// </summary>
internal static class FormatOperators
{
    private static readonly string HostName = Environment.MachineName;

    private static readonly FrozenDictionary<string, Func<OperatorCall, FormatOperator?>> Table = new Dictionary<string, Func<OperatorCall, FormatOperator?>>
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
        ["REQUEST_TX_DURATION"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_HANDSHAKE_DURATION"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_CONNECTION_POOL_READY_DURATION"] = Number(static x => Between(x.StartUs, x.UpstreamStartUs)),
        ["COMMON_DURATION"] = static _ => AbsentOperator.Instance,

        // Headers.
        ["REQ"] = static call => RequestHeader(call, withoutQuery: false),
        ["REQ_WITHOUT_QUERY"] = static call => RequestHeader(call, withoutQuery: true),
        ["RESP"] = static call => call.TryHeaders(out HeaderName? name, out HeaderName? other) ? new ResponseHeaderOperator(name!, other, call.MaxLength) : null,
        ["TRAILER"] = static call => call.TryHeaders(out _, out _) ? AbsentOperator.Instance : null,
        ["STREAM_ID"] = static call => call.HasNoArgument() ? new RequestHeaderOperator(new HeaderName("x-request-id"), null, call.MaxLength, withoutQuery: false) : null,
        ["GRPC_STATUS"] = GrpcStatus,
        ["GRPC_STATUS_NUMBER"] = static call => call.HasNoArgument() ? new GrpcStatusOperator(GrpcStatusNames.Style.Number) : null,

        // The request and its answer.
        ["PROTOCOL"] = Text(static x => x.IsConnection ? null : ProtocolName(x.Request.Version)),
        ["RESPONSE_CODE"] = Number(static x => x.ResponseStatus),
        ["RESPONSE_CODE_DETAILS"] = Text(static x => x.ResponseCodeDetails),
        ["CONNECTION_TERMINATION_DETAILS"] = Text(static x => x.ConnectionTerminationDetails),
        ["RESPONSE_FLAGS"] = static call => call.HasNoArgument() ? new FlagsOperator(isLong: false) : null,
        ["RESPONSE_FLAGS_LONG"] = static call => call.HasNoArgument() ? new FlagsOperator(isLong: true) : null,
        ["BYTES_RECEIVED"] = Number(static x => x.RequestBodyBytes),
        ["BYTES_SENT"] = Number(static x => x.ResponseBodyBytes),
        ["REQUEST_HEADERS_BYTES"] = Number(static x => x.RequestHeaderBytes),
        ["RESPONSE_HEADERS_BYTES"] = Number(static x => x.ResponseHeaderBytes),
        ["RESPONSE_TRAILERS_BYTES"] = Number(static _ => 0),
        ["ROUTE_NAME"] = Text(static x => x.Route?.Name),
        ["LOCAL_REPLY_BODY"] = static _ => AbsentOperator.Instance,
        ["ACCESS_LOG_TYPE"] = Text(static _ => "DownstreamEnd"),

        // Upstream.
        ["UPSTREAM_CLUSTER"] = Text(static x => x.Cluster is null ? null : string.IsNullOrEmpty(x.Cluster.AltStatName) ? x.Cluster.Name : x.Cluster.AltStatName),
        ["UPSTREAM_CLUSTER_RAW"] = Text(static x => x.Cluster?.Name),
        ["UPSTREAM_HOST"] = Address(static x => x.Endpoint?.Address ?? default),
        ["UPSTREAM_HOST_NAME"] = Text(static x => x.Endpoint?.Hostname),
        ["UPSTREAM_HOST_NAME_WITHOUT_PORT"] = Text(static x => x.Endpoint?.Hostname),
        ["UPSTREAM_REMOTE_ADDRESS"] = Address(static x => x.Endpoint?.Address ?? default),
        ["UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT"] = Address(static x => x.Endpoint?.Address ?? default, AddressPart.WithoutPort),
        ["UPSTREAM_REMOTE_PORT"] = Address(static x => x.Endpoint?.Address ?? default, AddressPart.Port),
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
        ["DOWNSTREAM_DIRECT_REMOTE_ADDRESS"] = Address(static x => x.DownstreamPeerAddress),
        ["DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT"] = Address(static x => x.DownstreamPeerAddress, AddressPart.WithoutPort),
        ["DOWNSTREAM_DIRECT_REMOTE_PORT"] = Address(static x => x.DownstreamPeerAddress, AddressPart.Port),
        ["DOWNSTREAM_LOCAL_ADDRESS"] = Address(static x => x.DownstreamLocalAddress),
        ["DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"] = Address(static x => x.DownstreamLocalAddress, AddressPart.WithoutPort),
        ["DOWNSTREAM_LOCAL_PORT"] = Address(static x => x.DownstreamLocalAddress, AddressPart.Port),
        ["DOWNSTREAM_DIRECT_LOCAL_ADDRESS"] = Address(static x => x.DownstreamLocalAddress),
        ["DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT"] = Address(static x => x.DownstreamLocalAddress, AddressPart.WithoutPort),
        ["DOWNSTREAM_DIRECT_LOCAL_PORT"] = Address(static x => x.DownstreamLocalAddress, AddressPart.Port),
        ["REQUESTED_SERVER_NAME"] = Text(static x => x.RequestedServerName),

        // The gateway.
        ["HOSTNAME"] = Text(static _ => HostName),
        ["ENVIRONMENT"] = Environment_,

        // What Envoy takes from filters, metadata and certificates.
        ["DYNAMIC_METADATA"] = AbsentWithArgument,
        ["CLUSTER_METADATA"] = AbsentWithArgument,
        ["UPSTREAM_METADATA"] = AbsentWithArgument,
        ["METADATA"] = AbsentWithArgument,
        ["FILTER_STATE"] = AbsentWithArgument,
        ["UPSTREAM_FILTER_STATE"] = AbsentWithArgument,
        ["CONNECTION_ID"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_CONNECTION_ID"] = static _ => AbsentOperator.Instance,
        ["UNIQUE_ID"] = static _ => AbsentOperator.Instance,
        ["TRACE_ID"] = static _ => AbsentOperator.Instance,
        ["VIRTUAL_CLUSTER_NAME"] = static _ => AbsentOperator.Instance,
        ["FILTER_CHAIN_NAME"] = static _ => AbsentOperator.Instance,
        ["CUSTOM_FLAGS"] = static _ => AbsentOperator.Instance,
        ["BYTES_RETRANSMITTED"] = static _ => AbsentOperator.Instance,
        ["PACKETS_RETRANSMITTED"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_WIRE_BYTES_RECEIVED"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_WIRE_BYTES_SENT"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_HEADER_BYTES_RECEIVED"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_HEADER_BYTES_SENT"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_WIRE_BYTES_RECEIVED"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_WIRE_BYTES_SENT"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_HEADER_BYTES_RECEIVED"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_HEADER_BYTES_SENT"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_DETECTED_CLOSE_TYPE"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_DETECTED_CLOSE_TYPE"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_TRANSPORT_FAILURE_REASON"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_LOCAL_URI_SAN"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_LOCAL_DNS_SAN"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_LOCAL_IP_SAN"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_LOCAL_SUBJECT"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_URI_SAN"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_DNS_SAN"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_IP_SAN"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_SUBJECT"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_ISSUER"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_SERIAL"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_FINGERPRINT_1"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_FINGERPRINT_256"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_CERT"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_PEER_CERT_V_START"] = AbsentWithArgument,
        ["DOWNSTREAM_PEER_CERT_V_END"] = AbsentWithArgument,
        ["DOWNSTREAM_TLS_SESSION_ID"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_TLS_CIPHER"] = static _ => AbsentOperator.Instance,
        ["DOWNSTREAM_TLS_VERSION"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_LOCAL_URI_SAN"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_LOCAL_DNS_SAN"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_LOCAL_SUBJECT"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_PEER_URI_SAN"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_PEER_DNS_SAN"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_PEER_SUBJECT"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_PEER_ISSUER"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_PEER_CERT"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_TLS_SESSION_ID"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_TLS_CIPHER"] = static _ => AbsentOperator.Instance,
        ["UPSTREAM_TLS_VERSION"] = static _ => AbsentOperator.Instance,
        ["TLS_JA3_FINGERPRINT"] = static _ => AbsentOperator.Instance,
        ["TLS_JA4_FINGERPRINT"] = static _ => AbsentOperator.Instance,
    }.ToFrozenDictionary();

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => Table.Keys;

    /// <summary>Compiles one operator; null with what is wrong.</summary>
    public static FormatOperator? Compile(OperatorCall call, out string error)
    {
        if (!Table.TryGetValue(call.Name, out Func<OperatorCall, FormatOperator?>? compile))
        {
            error = $"%{call.Name}% is not a command operator that is known";
            return null;
        }

        FormatOperator? compiled = compile(call);
        error = compiled is null ? $"%{call.Name}%: {call.Error}" : string.Empty;
        return compiled;
    }

    /// <summary>What <c>%PROTOCOL%</c> prints.</summary>
    public static string ProtocolName(Http.HttpVersion version) => version switch
    {
        Http.HttpVersion.Http10 => "HTTP/1.0",
        Http.HttpVersion.Http11 => "HTTP/1.1",
        _ => "HTTP/2",
    };

    private static long EmitTicksUtc(HttpExchange exchange) =>
        exchange.StartTicksUtc + (exchange.EndUs > exchange.StartUs ? (exchange.EndUs - exchange.StartUs) * TimeSpan.TicksPerMicrosecond : 0);

    // Milliseconds; -1 unless both moments have come.
    private static long Between(long fromUs, long toUs) => fromUs == 0 || toUs == 0 || toUs < fromUs ? -1 : (toUs - fromUs) / 1000;

    private static Func<OperatorCall, FormatOperator?> Number(Func<HttpExchange, long> read)
    {
        var compiled = new NumberOperator(read);
        return call => call.HasNoArgument() ? compiled : null;
    }

    private static Func<OperatorCall, FormatOperator?> Text(Func<HttpExchange, string?> read) =>
        call => call.HasNoArgument() ? new TextOperator(read, call.MaxLength) : null;

    private static Func<OperatorCall, FormatOperator?> Address(Func<HttpExchange, NetAddress> read, AddressPart part = AddressPart.All)
    {
        var compiled = new AddressOperator(read, part);
        return call => call.HasNoArgument() ? compiled : null;
    }

    private static Func<OperatorCall, FormatOperator?> Time(Func<HttpExchange, long> read, bool isLocal = false) => call =>
    {
        TimeFormat? format = string.IsNullOrEmpty(call.Argument) ? TimeFormat.Default : TimeFormat.Compile(call.Argument, out call.Error);
        return format is null ? null : new TimeOperator(read, format, isLocal);
    };

    private static RequestHeaderOperator? RequestHeader(OperatorCall call, bool withoutQuery) =>
        call.TryHeaders(out HeaderName? name, out HeaderName? other) ? new RequestHeaderOperator(name!, other, call.MaxLength, withoutQuery) : null;

    private static GrpcStatusOperator? GrpcStatus(OperatorCall call)
    {
        switch (call.Argument ?? string.Empty)
        {
            case "" or "CAMEL_STRING":
                return new GrpcStatusOperator(GrpcStatusNames.Style.Camel);
            case "SNAKE_STRING":
                return new GrpcStatusOperator(GrpcStatusNames.Style.Snake);
            case "NUMBER":
                return new GrpcStatusOperator(GrpcStatusNames.Style.Number);
            default:
                call.Error = $"the argument \"{call.Argument}\" is none of CAMEL_STRING, SNAKE_STRING, NUMBER";
                return null;
        }
    }

    private static TextOperator? Environment_(OperatorCall call)
    {
        if (string.IsNullOrEmpty(call.Argument))
        {
            call.Error = "needs the name of an environment variable in parentheses";
            return null;
        }

        string? value = Environment.GetEnvironmentVariable(call.Argument);
        return new TextOperator(_ => value, call.MaxLength);
    }

    private static AbsentOperator? AbsentWithArgument(OperatorCall call)
    {
        if (!string.IsNullOrEmpty(call.Argument))
        {
            return AbsentOperator.Instance;
        }

        call.Error = "needs an argument in parentheses";
        return null;
    }
}

/// <summary>An operator as it stands in a format, while it is compiled.</summary>
internal sealed class OperatorCall(string name, string? argument, int? maxLength)
{
    /// <summary>What is wrong with it.</summary>
    public string Error = string.Empty;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>What stands in its parentheses; null without parentheses.</summary>
    public string? Argument { get; } = argument;

    /// <summary>The number of bytes its value is cut to.</summary>
    public int MaxLength { get; } = maxLength ?? int.MaxValue;

    /// <summary>Notes an error when there is an argument.</summary>
    public bool HasNoArgument()
    {
        Error = Argument is null ? string.Empty : $"takes no argument, but has \"{Argument}\"";
        return Argument is null;
    }

    /// <summary>Reads <c>(MAIN)</c> or <c>(MAIN?ALTERNATIVE)</c>.</summary>
    public bool TryHeaders(out HeaderName? name, out HeaderName? alternative)
    {
        string[] names = Argument?.Split('?') ?? [];
        name = names.Length > 0 && names[0].Length > 0 ? new HeaderName(names[0]) : null;
        alternative = names.Length > 1 && names[1].Length > 0 ? new HeaderName(names[1]) : null;
        Error = names.Length > 2 ? "has more than one alternative header" : "needs the name of a header in parentheses";
        return name is not null && names.Length <= 2;
    }
}
