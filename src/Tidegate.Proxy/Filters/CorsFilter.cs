using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// Answers the preflights of pages of other origins and tells browsers what such pages may read (Envoy: <c>envoy.filters.http.cors</c>; the
/// Fetch standard). Only for routes that forward.
/// </summary>
internal sealed class CorsFilter : HttpFilter
{
    /// <summary>The filter of a listener, which has no policy.</summary>
    public static readonly CorsFilter Inactive = new(null);

    private static readonly LocalReply Preflight = new(200, [], ResponseFlags.None, "cors_response");

    private readonly CorsPolicy? _policy;

    /// <summary>A filter with a policy.</summary>
    public CorsFilter(CorsPolicy? policy)
    {
        _policy = policy;
    }

    // What is remembered of a request.
    [Flags]
    private enum Marks
    {
        None = 0,
        OriginAllowed = 1,
        Preflight = 2,
    }

    /// <inheritdoc/>
    public override bool IsInert => _policy is null;

    /// <summary>What is allowed.</summary>
    public CorsPolicy? Policy => _policy;

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config)
    {
        CorsPolicy? policy = null;
        for (RouteFilterConfig? level = config; level is not null; level = level.Above)
        {
            if (level.Settings is CorsFilter { _policy: { } own })
            {
                policy = policy is null ? own : policy.Over(own);
            }
        }

        return policy is null ? this : new CorsFilter(policy);
    }

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) =>
        run.IsForwarded ? new ValueTask<LocalReply?>(OnRequest(run)) : default;

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        var marks = (Marks)run.State;
        HeaderMap headers = run.Exchange.Response.Headers;
        if ((marks & Marks.Preflight) != 0)
        {
            WritePreflight(run, headers);
        }

        if ((marks & Marks.OriginAllowed) != 0)
        {
            headers.Set("access-control-allow-origin"u8, run.Kept);
            if (_policy!.AllowsCredentials == true)
            {
                headers.Set("access-control-allow-credentials"u8, "true"u8);
            }

            if (_policy.ExposeHeaders.Length > 0)
            {
                headers.Set("access-control-expose-headers"u8, _policy.ExposeHeaders);
            }
        }
    }

    private LocalReply? OnRequest(FilterRun run)
    {
        CorsPolicy policy = _policy!;
        RequestHead request = run.Exchange.Request;
        if (!request.Headers.TryGet("origin"u8, out ReadOnlySpan<byte> origin) || origin.IsEmpty)
        {
            return null;
        }

        ulong random = (ulong)run.Worker.Random.NextInt64();
        bool isEnabled = policy.EnabledShare.Contains(random);
        if (!isEnabled && !policy.ShadowShare.Contains(random))
        {
            return null;
        }

        bool isAllowed = policy.Allows(origin);
        if (isAllowed)
        {
            run.Stats.CorsOriginValid++;
        }
        else
        {
            run.Stats.CorsOriginInvalid++;
        }

        if (!isEnabled)
        {
            return null;
        }

        Marks marks = Marks.None;
        if (isAllowed)
        {
            marks = Marks.OriginAllowed;
            run.Keep(origin);
        }

        bool isPreflight = request.Method == KnownMethod.Options
            && request.Headers.TryGet("access-control-request-method"u8, out ReadOnlySpan<byte> method) && !method.IsEmpty;
        bool isAnswered = isPreflight && (isAllowed || policy.ForwardsOtherPreflights == false);
        if (isAnswered)
        {
            marks |= Marks.Preflight;
        }

        run.State = (int)marks;
        return isAnswered ? Preflight : null;
    }

    private void WritePreflight(FilterRun run, HeaderMap headers)
    {
        CorsPolicy policy = _policy!;
        HeaderMap asked = run.Exchange.Request.Headers;
        SetOrEcho(headers, "access-control-allow-methods"u8, policy.AllowMethods, asked, "access-control-request-method"u8);
        SetOrEcho(headers, "access-control-allow-headers"u8, policy.AllowHeaders, asked, "access-control-request-headers"u8);
        if (policy.AllowsCredentials == true)
        {
            headers.Set("access-control-allow-credentials"u8, "true"u8);
        }

        if (policy.MaxAge.Length > 0)
        {
            headers.Set("access-control-max-age"u8, policy.MaxAge);
        }

        if (policy.AllowsPrivateNetwork == true
            && asked.TryGet("access-control-request-private-network"u8, out ReadOnlySpan<byte> isPrivate)
            && isPrivate.SequenceEqual("true"u8))
        {
            headers.Set("access-control-allow-private-network"u8, "true"u8);
        }
    }

    private static void SetOrEcho(HeaderMap headers, ReadOnlySpan<byte> name, byte[] value, HeaderMap asked, ReadOnlySpan<byte> askedName)
    {
        if (value.AsSpan().SequenceEqual("*"u8))
        {
            if (asked.TryGet(askedName, out ReadOnlySpan<byte> wish) && !wish.IsEmpty)
            {
                headers.Set(name, wish);
            }
        }
        else if (value.Length > 0)
        {
            headers.Set(name, value);
        }
    }
}
