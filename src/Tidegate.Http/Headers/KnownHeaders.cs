using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Headers;

/// <summary>
/// Names of the known headers, both ways. A name is recognised by a perfect hash over its length and its first, middle and last eight bytes,
/// then one comparison; the multiplier of the hash is searched once at start-up, so that the list can grow without care.
/// </summary>
public static class KnownHeaders
{
    private const int TableBits = 11;

    // In the order of the enum; a test compares the two.
    private static readonly byte[][] Names =
    [
        [],
        "accept"u8.ToArray(),
        "accept-encoding"u8.ToArray(),
        "accept-language"u8.ToArray(),
        "access-control-allow-credentials"u8.ToArray(),
        "access-control-allow-headers"u8.ToArray(),
        "access-control-allow-methods"u8.ToArray(),
        "access-control-allow-origin"u8.ToArray(),
        "access-control-expose-headers"u8.ToArray(),
        "access-control-max-age"u8.ToArray(),
        "access-control-request-headers"u8.ToArray(),
        "access-control-request-method"u8.ToArray(),
        "age"u8.ToArray(),
        "alt-svc"u8.ToArray(),
        "authorization"u8.ToArray(),
        "b3"u8.ToArray(),
        "cache-control"u8.ToArray(),
        "connection"u8.ToArray(),
        "content-encoding"u8.ToArray(),
        "content-length"u8.ToArray(),
        "content-location"u8.ToArray(),
        "content-range"u8.ToArray(),
        "content-type"u8.ToArray(),
        "cookie"u8.ToArray(),
        "date"u8.ToArray(),
        "etag"u8.ToArray(),
        "expect"u8.ToArray(),
        "expires"u8.ToArray(),
        "forwarded"u8.ToArray(),
        "grpc-message"u8.ToArray(),
        "grpc-status"u8.ToArray(),
        "grpc-timeout"u8.ToArray(),
        "host"u8.ToArray(),
        "http2-settings"u8.ToArray(),
        "if-match"u8.ToArray(),
        "if-modified-since"u8.ToArray(),
        "if-none-match"u8.ToArray(),
        "keep-alive"u8.ToArray(),
        "last-modified"u8.ToArray(),
        "location"u8.ToArray(),
        "max-forwards"u8.ToArray(),
        "origin"u8.ToArray(),
        "pragma"u8.ToArray(),
        "proxy-authenticate"u8.ToArray(),
        "proxy-authorization"u8.ToArray(),
        "proxy-connection"u8.ToArray(),
        "range"u8.ToArray(),
        "referer"u8.ToArray(),
        "retry-after"u8.ToArray(),
        "server"u8.ToArray(),
        "set-cookie"u8.ToArray(),
        "strict-transport-security"u8.ToArray(),
        "te"u8.ToArray(),
        "traceparent"u8.ToArray(),
        "tracestate"u8.ToArray(),
        "trailer"u8.ToArray(),
        "transfer-encoding"u8.ToArray(),
        "upgrade"u8.ToArray(),
        "user-agent"u8.ToArray(),
        "vary"u8.ToArray(),
        "via"u8.ToArray(),
        "www-authenticate"u8.ToArray(),
        "x-b3-flags"u8.ToArray(),
        "x-b3-parentspanid"u8.ToArray(),
        "x-b3-sampled"u8.ToArray(),
        "x-b3-spanid"u8.ToArray(),
        "x-b3-traceid"u8.ToArray(),
        "x-client-trace-id"u8.ToArray(),
        "x-envoy-attempt-count"u8.ToArray(),
        "x-envoy-decorator-operation"u8.ToArray(),
        "x-envoy-degraded"u8.ToArray(),
        "x-envoy-downstream-service-cluster"u8.ToArray(),
        "x-envoy-downstream-service-node"u8.ToArray(),
        "x-envoy-expected-rq-timeout-ms"u8.ToArray(),
        "x-envoy-external-address"u8.ToArray(),
        "x-envoy-force-trace"u8.ToArray(),
        "x-envoy-hedge-on-per-try-timeout"u8.ToArray(),
        "x-envoy-immediate-health-check-fail"u8.ToArray(),
        "x-envoy-internal"u8.ToArray(),
        "x-envoy-ip-tags"u8.ToArray(),
        "x-envoy-is-timeout-retry"u8.ToArray(),
        "x-envoy-max-retries"u8.ToArray(),
        "x-envoy-original-dst-host"u8.ToArray(),
        "x-envoy-original-host"u8.ToArray(),
        "x-envoy-original-path"u8.ToArray(),
        "x-envoy-original-url"u8.ToArray(),
        "x-envoy-overloaded"u8.ToArray(),
        "x-envoy-peer-metadata"u8.ToArray(),
        "x-envoy-peer-metadata-id"u8.ToArray(),
        "x-envoy-ratelimited"u8.ToArray(),
        "x-envoy-retriable-header-names"u8.ToArray(),
        "x-envoy-retriable-status-codes"u8.ToArray(),
        "x-envoy-retry-grpc-on"u8.ToArray(),
        "x-envoy-retry-on"u8.ToArray(),
        "x-envoy-upstream-alt-stat-name"u8.ToArray(),
        "x-envoy-upstream-healthchecked-cluster"u8.ToArray(),
        "x-envoy-upstream-rq-per-try-timeout-ms"u8.ToArray(),
        "x-envoy-upstream-rq-timeout-alt-response"u8.ToArray(),
        "x-envoy-upstream-rq-timeout-ms"u8.ToArray(),
        "x-envoy-upstream-service-time"u8.ToArray(),
        "x-envoy-upstream-stream-duration-ms"u8.ToArray(),
        "x-forwarded-client-cert"u8.ToArray(),
        "x-forwarded-for"u8.ToArray(),
        "x-forwarded-host"u8.ToArray(),
        "x-forwarded-port"u8.ToArray(),
        "x-forwarded-prefix"u8.ToArray(),
        "x-forwarded-proto"u8.ToArray(),
        "x-real-ip"u8.ToArray(),
        "x-request-id"u8.ToArray(),
        "x-tidegate-hops"u8.ToArray(),
    ];

    private static readonly ulong Multiplier = FindMultiplier(out Table);
    private static readonly KnownHeader[] Table;

    /// <summary>How many members <see cref="KnownHeader"/> has, <see cref="KnownHeader.None"/> included.</summary>
    public static int Count => Names.Length;

    /// <summary>The lower-case name; empty for <see cref="KnownHeader.None"/>.</summary>
    public static ReadOnlySpan<byte> NameOf(KnownHeader header) => Names[(int)header];

    /// <summary>The known header of that name in any case, or <see cref="KnownHeader.None"/>.</summary>
    public static KnownHeader Find(ReadOnlySpan<byte> name)
    {
        Span<byte> lower = stackalloc byte[64];
        if (name.Length > lower.Length)
        {
            return KnownHeader.None;
        }

        lower = lower[..name.Length];
        HttpTokens.ToLower(name, lower);
        return FindLowerCase(lower);
    }

    /// <summary>The known header of that lower-case name, or <see cref="KnownHeader.None"/>.</summary>
    public static KnownHeader FindLowerCase(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return KnownHeader.None;
        }

        KnownHeader candidate = Table[(int)((Key(name) * Multiplier) >> (64 - TableBits))];
        return name.SequenceEqual(Names[(int)candidate]) ? candidate : KnownHeader.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(ReadOnlySpan<byte> name)
    {
        ref byte start = ref MemoryMarshal.GetReference(name);
        int length = name.Length;
        if (length >= 8)
        {
            ulong first = Unsafe.ReadUnaligned<ulong>(ref start);
            ulong last = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, length - 8));
            ulong middle = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, (length - 8) >> 1));
            return (first * 31) ^ (middle * 0x9E3779B97F4A7C15) ^ last ^ ((ulong)length << 56);
        }

        if (length >= 4)
        {
            uint first = Unsafe.ReadUnaligned<uint>(ref start);
            uint last = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, length - 4));
            return ((ulong)first << 32) ^ last ^ ((ulong)length << 60);
        }

        return start | ((ulong)Unsafe.Add(ref start, length >> 1) << 8) | ((ulong)Unsafe.Add(ref start, length - 1) << 16) | ((ulong)length << 24);
    }

    private static ulong FindMultiplier(out KnownHeader[] table)
    {
        table = new KnownHeader[1 << TableBits];
        ulong multiplier = 0x9E3779B97F4A7C15;
        for (int attempt = 0; attempt < 100_000; attempt++)
        {
            if (TryFill(table, multiplier))
            {
                return multiplier;
            }

            multiplier = (multiplier * 6364136223846793005) + 1442695040888963407;
        }

        throw new InvalidOperationException("two known headers have the same key: let the key look at more of the name");
    }

    private static bool TryFill(KnownHeader[] table, ulong multiplier)
    {
        Array.Clear(table);
        for (int i = 1; i < Names.Length; i++)
        {
            ref KnownHeader slot = ref table[(int)((Key(Names[i]) * multiplier) >> (64 - TableBits))];
            if (slot != KnownHeader.None)
            {
                return false;
            }

            slot = (KnownHeader)i;
        }

        return true;
    }
}
