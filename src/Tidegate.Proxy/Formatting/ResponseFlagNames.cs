using System.Numerics;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>The names of the response flags (Envoy: access log <c>%RESPONSE_FLAGS%</c> and <c>%RESPONSE_FLAGS_LONG%</c>).</summary>
public static class ResponseFlagNames
{
    private static readonly (ResponseFlags Flag, string Short, string Long)[] Table =
    [
        (ResponseFlags.FailedLocalHealthCheck, "LH", "FailedLocalHealthCheck"),
        (ResponseFlags.NoHealthyUpstream, "UH", "NoHealthyUpstream"),
        (ResponseFlags.UpstreamRequestTimeout, "UT", "UpstreamRequestTimeout"),
        (ResponseFlags.LocalReset, "LR", "LocalReset"),
        (ResponseFlags.UpstreamRemoteReset, "UR", "UpstreamRemoteReset"),
        (ResponseFlags.UpstreamConnectionFailure, "UF", "UpstreamConnectionFailure"),
        (ResponseFlags.UpstreamConnectionTermination, "UC", "UpstreamConnectionTermination"),
        (ResponseFlags.UpstreamOverflow, "UO", "UpstreamOverflow"),
        (ResponseFlags.NoRouteFound, "NR", "NoRouteFound"),
        (ResponseFlags.DelayInjected, "DI", "DelayInjected"),
        (ResponseFlags.FaultInjected, "FI", "FaultInjected"),
        (ResponseFlags.RateLimited, "RL", "RateLimited"),
        (ResponseFlags.UnauthorizedExternalService, "UAEX", "UnauthorizedExternalService"),
        (ResponseFlags.RateLimitServiceError, "RLSE", "RateLimitServiceError"),
        (ResponseFlags.DownstreamConnectionTermination, "DC", "DownstreamConnectionTermination"),
        (ResponseFlags.UpstreamRetryLimitExceeded, "URX", "UpstreamRetryLimitExceeded"),
        (ResponseFlags.StreamIdleTimeout, "SI", "StreamIdleTimeout"),
        (ResponseFlags.InvalidEnvoyRequestHeaders, "IH", "InvalidEnvoyRequestHeaders"),
        (ResponseFlags.DownstreamProtocolError, "DPE", "DownstreamProtocolError"),
        (ResponseFlags.UpstreamMaxStreamDurationReached, "UMSDR", "UpstreamMaxStreamDurationReached"),
        (ResponseFlags.UpstreamProtocolError, "UPE", "UpstreamProtocolError"),
        (ResponseFlags.NoClusterFound, "NC", "NoClusterFound"),
        (ResponseFlags.OverloadManager, "OM", "OverloadManagerTerminated"),
        (ResponseFlags.DurationTimeout, "DT", "DurationTimeout"),
        (ResponseFlags.DownstreamRemoteReset, "DR", "DownstreamRemoteReset"),
        (ResponseFlags.LoopDetected, "LD", "LoopDetected"),
    ];

    // What Envoy sets and nothing here does: a filter may name them, and they are never there.
    private static readonly string[] Elsewhere = ["RFCF", "NFCF", "DF", "DO", "DR", "UDO"];

    /// <summary>Whether a short name is that of a flag that Envoy has and that is never set here.</summary>
    public static bool IsKnownElsewhere(string shortName) => Elsewhere.Contains(shortName);

    /// <summary>The flag that a configuration names in its short form.</summary>
    public static bool TryFind(string shortName, out ResponseFlags flag)
    {
        foreach ((ResponseFlags candidate, string name, _) in Table)
        {
            if (name == shortName)
            {
                flag = candidate;
                return true;
            }
        }

        flag = ResponseFlags.None;
        return false;
    }

    /// <summary>The flags in their short form, comma-separated; <c>-</c> for none.</summary>
    public static string ToText(ResponseFlags flags)
    {
        if (flags == ResponseFlags.None)
        {
            return "-";
        }

        Span<byte> buffer = stackalloc byte[128];
        var output = new FormatOutput(buffer, ValueEscaping.None);
        Write(flags, isLong: false, ref output);
        return System.Text.Encoding.ASCII.GetString(buffer[..output.Length]);
    }

    /// <summary>Writes the flags, comma-separated.</summary>
    internal static void Write(ResponseFlags flags, bool isLong, ref FormatOutput output)
    {
        // URX comes before the reason of the last attempt: "URX,UF" (spec: istio-gateway.md, section 8.3).
        if ((flags & ResponseFlags.UpstreamRetryLimitExceeded) != 0)
        {
            flags &= ~ResponseFlags.UpstreamRetryLimitExceeded;
            output.Value(isLong ? "UpstreamRetryLimitExceeded" : "URX");
            if (flags != ResponseFlags.None)
            {
                output.Literal(","u8);
            }
        }

        foreach ((ResponseFlags flag, string name, string longName) in Table)
        {
            if ((flags & flag) == 0)
            {
                continue;
            }

            flags &= ~flag;
            output.Value(isLong ? longName : name);
            if (BitOperations.PopCount((uint)flags) > 0)
            {
                output.Literal(","u8);
            }
        }
    }
}
