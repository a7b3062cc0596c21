using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace Tidegate.Rules.Formats;

/// <summary>What an operator takes in its parentheses.</summary>
internal enum FormatArgument : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Something, whatever it is.</summary>
    Required,

    /// <summary>The name of a field, or of two: <c>MAIN?ALTERNATIVE</c>.</summary>
    Field,

    /// <summary>How a time is written, as <c>strftime</c> and Envoy have it; what is not known there stands for itself.</summary>
    Time,

    /// <summary>How many bits of an address are written, the others being 0.</summary>
    PrefixLength,

    /// <summary><c>CAMEL_STRING</c>, <c>SNAKE_STRING</c> or <c>NUMBER</c>.</summary>
    GrpcStatus,

    /// <summary><c>ALLOW_WHITESPACES</c>.</summary>
    AllowWhitespaces,

    /// <summary><c>SNI_ONLY</c>, <c>SNI_FIRST</c> or <c>HOST_FIRST</c>, and for the host <c>ORIG</c>, <c>HOST</c> or <c>ORIG_OR_HOST</c>.</summary>
    ServerName,

    /// <summary><c>WQ</c> or <c>NQ</c> (with or without query), and <c>ORIG</c>, <c>PATH</c> or <c>ORIG_OR_PATH</c>.</summary>
    Path,

    /// <summary><c>ORIG</c> or <c>DECODED</c>.</summary>
    Query,

    /// <summary>Two moments and a unit: <c>DS_RX_BEG:DS_TX_END:us</c>.</summary>
    Duration,

    /// <summary>Whose metadata, and the path in it: <c>ROUTE:istio:config</c>.</summary>
    Metadata,

    /// <summary>A JSON object whose <c>operators</c> are names, or objects of <c>command</c>, <c>param</c> and <c>max_length</c>.</summary>
    Coalesce,
}

/// <summary>
/// Every command operator that Envoy 1.40 knows, and those of older ones that are still in use. One that this gateway has no value for is known
/// all the same: a format that was written for Envoy holds, with a missing value in that place.
/// </summary>
public sealed class FormatOperator
{
    private static readonly FrozenDictionary<string, FormatOperator> Table = Build();

    // Of Envoy's moments those that are noted here: of a request (DS) and its last attempt (US), begin and end of what was received and sent.
    private static readonly string[] NotedMoments = ["DS_RX_BEG", "DS_RX_END", "DS_TX_BEG", "DS_TX_END", "US_RX_BEG", "US_RX_END", "US_TX_BEG"];

    private FormatOperator(FormatArgument argument, bool hasValue)
    {
        Argument = argument;
        IsFilled = hasValue;
    }

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => Table.Keys;

    private FormatArgument Argument { get; }

    private bool IsFilled { get; }

    /// <summary>Null, or what is wrong with a use of an operator.</summary>
    public static string? Check(FormatCall call)
    {
        if (!Table.TryGetValue(call.Name, out FormatOperator? known))
        {
            return $"%{call.Name}% is not a command operator that is known";
        }

        return known.CheckArgument(call.Argument) is { } problem ? $"%{call.Name}%: {problem}" : null;
    }

    /// <summary>Whether this gateway ever has a value for a use that is right.</summary>
    public static bool HasValue(FormatCall call) => call.Name switch
    {
        "COALESCE" => CoalescedCalls(call.Argument).Any(HasValue),
        "COMMON_DURATION" => call.Argument.Split(':').Take(2).All(NotedMoments.Contains),
        "METADATA" => call.Argument.Split(':')[0] is "DYNAMIC" or "ROUTE" or "CLUSTER" or "UPSTREAM_HOST",
        _ => Table[call.Name].IsFilled,
    };

    /// <summary>The operators of <c>COALESCE</c>, the first of which with a value counts.</summary>
    public static IReadOnlyList<FormatCall> CoalescedCalls(string argument)
    {
        List<FormatCall> calls = [];
        using var document = JsonDocument.Parse(argument);
        foreach (JsonElement one in document.RootElement.GetProperty("operators").EnumerateArray())
        {
            calls.Add(one.ValueKind == JsonValueKind.String ? new FormatCall(one.GetString()!) : new FormatCall(
                one.GetProperty("command").GetString()!,
                one.TryGetProperty("param", out JsonElement param) ? param.GetString()! : string.Empty,
                one.TryGetProperty("max_length", out JsonElement length) ? length.GetInt32() : null));
        }

        return calls;
    }

    /// <summary>Splits <c>MAIN?ALTERNATIVE</c>; the alternative is null when there is none.</summary>
    public static (string Name, string? Alternative) Fields(string argument)
    {
        string[] names = argument.Split('?');
        return (names[0], names.Length > 1 && names[1].Length > 0 ? names[1] : null);
    }

    private string? CheckArgument(string argument)
    {
        bool isGiven = argument.Length > 0;
        switch (Argument)
        {
            case FormatArgument.None:
                return isGiven ? $"takes no argument, but has \"{argument}\"" : null;
            case FormatArgument.Required:
                return isGiven ? null : "needs an argument in parentheses";
            case FormatArgument.Field:
                string[] names = argument.Split('?');
                return names[0].Length == 0 ? "needs the name of a header in parentheses"
                    : names.Length > 2 ? "has more than one alternative header"
                    : null;
            case FormatArgument.Time:
                return argument.Contains('\n') ? "a time format has no line feed" : null;
            case FormatArgument.PrefixLength:
                bool isLength = !isGiven || (int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits is > 0 and <= 128);
                return isLength ? null : $"the argument \"{argument}\" is no number of bits from 1 to 128";
            case FormatArgument.GrpcStatus:
                return OneOf(argument, "CAMEL_STRING", "SNAKE_STRING", "NUMBER");
            case FormatArgument.AllowWhitespaces:
                return OneOf(argument, "ALLOW_WHITESPACES");
            case FormatArgument.ServerName:
                string[] choice = argument.Split(':', 2);
                return OneOf(choice[0], "SNI_ONLY", "SNI_FIRST", "HOST_FIRST") ?? OneOf(choice.ElementAtOrDefault(1), "ORIG", "HOST", "ORIG_OR_HOST");
            case FormatArgument.Path:
                string[] path = argument.Split(':', 2);
                return OneOf(path[0], "WQ", "NQ") ?? OneOf(path.ElementAtOrDefault(1), "ORIG", "PATH", "ORIG_OR_PATH");
            case FormatArgument.Query:
                return OneOf(argument, "ORIG", "DECODED");
            case FormatArgument.Duration:
                string[] moments = argument.Split(':');
                return moments.Length is not (2 or 3) || moments[0].Length == 0 || moments[1].Length == 0
                    ? "needs two moments in parentheses: FROM:TO, or FROM:TO:UNIT"
                    : OneOf(moments.ElementAtOrDefault(2), "ms", "us", "ns");
            case FormatArgument.Metadata:
                string[] where = argument.Split(':');
                return where.Length < 2 || where[1].Length == 0
                    ? "needs whose metadata it is, and its namespace, in parentheses: TYPE:NAMESPACE"
                    : OneOf(where[0], "DYNAMIC", "CLUSTER", "ROUTE", "UPSTREAM_HOST", "LISTENER", "VIRTUAL_HOST", "LISTENER_FILTER_CHAIN");
            default:
                return CheckCoalesce(argument);
        }
    }

    private static string? OneOf(string? argument, params ReadOnlySpan<string> choices)
    {
        if (string.IsNullOrEmpty(argument) || choices.Contains(argument))
        {
            return null;
        }

        return $"the argument \"{argument}\" is {(choices.Length == 1 ? "not" : "none of")} {string.Join(", ", choices.ToArray())}";
    }

    private static string? CheckCoalesce(string argument)
    {
        try
        {
            IReadOnlyList<FormatCall> calls = CoalescedCalls(argument);
            return calls.Count == 0 ? "has no operators"
                : calls.FirstOrDefault(static call => call.Name == "COALESCE") is not null ? "has itself among its operators"
                : calls.Select(Check).FirstOrDefault(static problem => problem is not null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentNullException)
        {
            return "needs a JSON object in parentheses: {\"operators\": [\"NAME\", {\"command\": \"NAME\", \"param\": \"ARGUMENT\"}]}";
        }
    }

    private static FrozenDictionary<string, FormatOperator> Build()
    {
        Dictionary<string, FormatOperator> table = [];
        Add(FormatArgument.None, hasValue: true, """
        ACCESS_LOG_TYPE BYTES_RECEIVED BYTES_SENT CONNECTION_TERMINATION_DETAILS DOWNSTREAM_DIRECT_LOCAL_ADDRESS
        DOWNSTREAM_DIRECT_LOCAL_PORT DOWNSTREAM_DIRECT_REMOTE_ADDRESS DOWNSTREAM_DIRECT_REMOTE_PORT DOWNSTREAM_LOCAL_ADDRESS
        DOWNSTREAM_LOCAL_PORT DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_PEER_CERT DOWNSTREAM_PEER_DNS_SAN
        DOWNSTREAM_PEER_EMAIL_SAN
        DOWNSTREAM_PEER_FINGERPRINT_1 DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN DOWNSTREAM_PEER_ISSUER
        DOWNSTREAM_PEER_SERIAL DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_PEER_URI_SAN DOWNSTREAM_REMOTE_ADDRESS DOWNSTREAM_REMOTE_PORT
        DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_VERSION DOWNSTREAM_TRANSPORT_FAILURE_REASON
        DURATION GRPC_STATUS_NUMBER HOSTNAME LOCAL_REPLY_BODY PROTOCOL REQUEST_DURATION
        REQUEST_HEADERS_BYTES RESPONSE_CODE RESPONSE_DURATION RESPONSE_FLAGS RESPONSE_FLAGS_LONG RESPONSE_HEADERS_BYTES
        RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION ROUTE_NAME STREAM_ID UNIQUE_ID UPSTREAM_CLUSTER UPSTREAM_CLUSTER_RAW
        UPSTREAM_CONNECTION_POOL_READY_DURATION UPSTREAM_HOST UPSTREAM_HOST_NAME UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS
        UPSTREAM_LOCAL_PORT UPSTREAM_PROTOCOL UPSTREAM_REMOTE_ADDRESS UPSTREAM_REMOTE_PORT UPSTREAM_REQUEST_ATTEMPT_COUNT
        UPSTREAM_TRANSPORT_FAILURE_REASON
        """);
        Add(FormatArgument.None, hasValue: false, """
        BYTES_RETRANSMITTED CONNECTION_ID CUSTOM_FLAGS DOWNSTREAM_CX_RTT DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED
        DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT DOWNSTREAM_DETECTED_CLOSE_TYPE DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID
        DOWNSTREAM_HANDSHAKE_DURATION DOWNSTREAM_HEADER_BYTES_RECEIVED DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID
        DOWNSTREAM_LOCAL_CLOSE_REASON DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_EMAIL_SAN DOWNSTREAM_LOCAL_IP_SAN
        DOWNSTREAM_LOCAL_OTHERNAME_SAN DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1
        DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256 DOWNSTREAM_PEER_CHAIN_SERIALS DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256
        DOWNSTREAM_PEER_ISSUER_SERIAL DOWNSTREAM_PEER_OTHERNAME_SAN DOWNSTREAM_TLS_GROUP DOWNSTREAM_TLS_SESSION_ID
        DOWNSTREAM_WIRE_BYTES_RECEIVED DOWNSTREAM_WIRE_BYTES_SENT FILTER_CHAIN_NAME LISTENER_NAME
        PACKETS_RETRANSMITTED REQUEST_TX_DURATION ROUNDTRIP_DURATION ROUTE_RESOLUTION_COUNT ROUTE_RESOLUTION_TIME_US
        SPAN_ID TLS_JA3_FINGERPRINT TLS_JA4_FINGERPRINT TRACE_ID UPSTREAM_CONNECTION_ID UPSTREAM_CONNECTION_IDS_ATTEMPTED
        UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT UPSTREAM_DETECTED_CLOSE_TYPE
        UPSTREAM_HEADER_BYTES_RECEIVED UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HOSTS_ATTEMPTED UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT
        UPSTREAM_HOST_NAMES_ATTEMPTED UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT UPSTREAM_LOCAL_CLOSE_REASON UPSTREAM_LOCAL_DNS_SAN
        UPSTREAM_LOCAL_IP_SAN UPSTREAM_LOCAL_SUBJECT UPSTREAM_LOCAL_URI_SAN UPSTREAM_PEER_CERT UPSTREAM_PEER_DNS_SAN
        UPSTREAM_PEER_IP_SAN UPSTREAM_PEER_ISSUER UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_URI_SAN UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID
        UPSTREAM_SERVER_NAME UPSTREAM_TLS_CIPHER UPSTREAM_TLS_GROUP UPSTREAM_TLS_SESSION_ID UPSTREAM_TLS_VERSION
        UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT VIRTUAL_CLUSTER_NAME
        """);
        Add(FormatArgument.Time, hasValue: true, """
        DOWNSTREAM_PEER_CERT_V_END DOWNSTREAM_PEER_CERT_V_START EMIT_TIME EMIT_TIME_LOCAL START_TIME START_TIME_LOCAL
        """);
        Add(FormatArgument.Time, hasValue: false, "UPSTREAM_PEER_CERT_V_END UPSTREAM_PEER_CERT_V_START");
        Add(FormatArgument.Field, hasValue: true, "REQ REQUEST_HEADER REQ_WITHOUT_QUERY RESP RESPONSE_HEADER");
        Add(FormatArgument.Field, hasValue: false, "RESPONSE_TRAILER TRAILER");
        Add(FormatArgument.GrpcStatus, hasValue: true, "GRPC_STATUS");
        Add(FormatArgument.AllowWhitespaces, hasValue: true, "RESPONSE_CODE_DETAILS");
        Add(FormatArgument.ServerName, hasValue: true, "REQUESTED_SERVER_NAME");
        Add(FormatArgument.Path, hasValue: true, "PATH");
        Add(FormatArgument.Query, hasValue: true, "QUERY_PARAMS");
        Add(FormatArgument.Required, hasValue: true, "CLUSTER_METADATA DYNAMIC_METADATA ENVIRONMENT QUERY_PARAM UPSTREAM_METADATA");
        Add(FormatArgument.Duration, hasValue: true, "COMMON_DURATION");
        Add(FormatArgument.Metadata, hasValue: true, "METADATA");
        Add(FormatArgument.Required, hasValue: false, "CEL FILTER_STATE PER_REQUEST_STATE STREAM_INFO_REQ UPSTREAM_FILTER_STATE");
        Add(FormatArgument.Coalesce, hasValue: true, "COALESCE");
        Add(FormatArgument.PrefixLength, hasValue: true, """
        DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT
        DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT
        """);
        return table.ToFrozenDictionary();

        void Add(FormatArgument argument, bool hasValue, string names)
        {
            var shared = new FormatOperator(argument, hasValue);
            foreach (string name in names.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
            {
                table.Add(name, shared);
            }
        }
    }
}
