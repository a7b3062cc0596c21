using System.Text;
using Tidegate.Http;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// Refuses requests that change something and that a page of another site has made (Envoy: <c>envoy.filters.http.csrf</c>): the host and port of <c>origin</c>, or of
/// <c>referer</c>, have to be those that the request is for, or be allowed.
/// </summary>
/// <param name="enabled">The share of requests that is checked and refused.</param>
/// <param name="shadowed">The share of requests that is checked and only counted.</param>
/// <param name="allowed">Other origins, as host and port.</param>
internal sealed class CsrfFilter(RequestFraction enabled, RequestFraction shadowed, ValueMatcher[] allowed) : HttpFilter
{
    private static readonly LocalReply Refusal = new(403, "Invalid origin"u8.ToArray(), ResponseFlags.None, "csrf_origin_mismatch");

    private StatScope<CsrfStats>? _stats;

    /// <inheritdoc/>
    public override bool IsInert => enabled.Numerator == 0 && shadowed.Numerator == 0;

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => new(OnRequest(run));

    private LocalReply? OnRequest(FilterRun run)
    {
        RequestHead request = run.Exchange.Request;
        if (!Changes(request.MethodName))
        {
            return null;
        }

        bool isEnabled = enabled.Contains((ulong)run.Worker.Random.NextInt64());
        if (!isEnabled && !shadowed.Contains((ulong)run.Worker.Random.NextInt64()))
        {
            return null;
        }

        _stats ??= run.Worker.Stats.AddCsrf(run.StatScope);
        CsrfStats stats = _stats.ForWorker(run.Worker.Index);
        ReadOnlySpan<byte> source = SourceOf(request);
        if (source.IsEmpty)
        {
            stats.MissingSourceOrigin++;
        }
        else if (Ascii.EqualsIgnoreCase(source, request.Authority) || IsAllowed(source))
        {
            stats.RequestValid++;
            return null;
        }
        else
        {
            stats.RequestInvalid++;
        }

        return isEnabled ? Refusal : null;
    }

    // As Envoy: the methods that change something. Others that a site takes it has to guard itself.
    private static bool Changes(ReadOnlySpan<byte> method) =>
        method.SequenceEqual("POST"u8) || method.SequenceEqual("PUT"u8) || method.SequenceEqual("DELETE"u8) || method.SequenceEqual("PATCH"u8);

    private static ReadOnlySpan<byte> SourceOf(RequestHead request)
    {
        ReadOnlySpan<byte> origin = HostOf(request, "origin"u8);
        return origin.IsEmpty ? HostOf(request, "referer"u8) : origin;
    }

    // Host and port of a URL; of an origin that is "null" none, and of what is no URL all of it.
    private static ReadOnlySpan<byte> HostOf(RequestHead request, ReadOnlySpan<byte> name)
    {
        if (!request.Headers.TryGet(name, out ReadOnlySpan<byte> url) || url.SequenceEqual("null"u8))
        {
            return default;
        }

        int scheme = url.IndexOf("://"u8);
        ReadOnlySpan<byte> rest = scheme < 0 ? url : url[(scheme + 3)..];
        int end = rest.IndexOfAny("/?#"u8);
        rest = end < 0 ? rest : rest[..end];
        int user = rest.LastIndexOf((byte)'@');
        return user < 0 ? rest : rest[(user + 1)..];
    }

    private bool IsAllowed(ReadOnlySpan<byte> source)
    {
        foreach (ValueMatcher matcher in allowed)
        {
            if (matcher.Matches(source))
            {
                return true;
            }
        }

        return false;
    }
}
