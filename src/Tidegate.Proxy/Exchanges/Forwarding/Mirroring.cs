using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// Sends copies of a request to the clusters that its route mirrors to, once the request is whole (Envoy: shadowing in the router
/// filter). The request itself never waits for them, and what becomes of them changes nothing.
/// </summary>
internal sealed class Mirroring(DownstreamStream stream)
{
    private readonly List<RouteMirror> _chosen = [];

    /// <summary>Whether copies are still to be sent.</summary>
    public bool IsPending => _chosen.Count > 0;

    private Worker Worker => stream.Worker;

    /// <summary>Draws which mirrors get a copy of this request.</summary>
    public void Choose(IReadOnlyList<RouteMirror> mirrors)
    {
        _chosen.Clear();
        for (int i = 0; i < mirrors.Count; i++)
        {
            if (mirrors[i].Share.Contains((ulong)Worker.Random.NextInt64()))
            {
                _chosen.Add(mirrors[i]);
            }
        }
    }

    /// <summary>The request is whole: sends the copies. Where its body was too large to be kept, there are none.</summary>
    /// <param name="cluster">The cluster that serves the request; it counts copies that are given up.</param>
    /// <param name="body">The request's body.</param>
    public void Send(WorkerCluster cluster, ReplayBuffer body)
    {
        foreach (RouteMirror mirror in _chosen)
        {
            WorkerCluster? target = stream.Services.Clusters.Of(mirror.Cluster);
            if (target is null)
            {
                continue; // as in Envoy, a mirror that leads nowhere is nobody's loss
            }

            MirrorRequest? copy = body.IsComplete && !Worker.Memory.IsScarce ? stream.Services.Mirrors.Rent() : null;
            if (copy is null)
            {
                cluster.Stats.RetryOrShadowAbandoned++;
                continue;
            }

            if (!copy.TryKeepBody(body))
            {
                stream.Services.Mirrors.Return(copy);
                cluster.Stats.RetryOrShadowAbandoned++;
                continue;
            }

            WriteHead(copy.Head, mirror);
            Worker.Run(copy.RunAsync(target, stream.Exchange.Route!.TimeoutMs));
        }

        _chosen.Clear();
    }

    /// <summary>The exchange is over.</summary>
    public void Reset() => _chosen.Clear();

    // The request as it goes upstream, and what Envoy's internal client adds to it.
    private void WriteHead(RequestHead copy, RouteMirror mirror)
    {
        RoutedExchange exchange = stream.Exchange;
        exchange.Request.CopyTo(copy);
        HeaderMap headers = copy.Headers;
        headers.Remove(KnownHeader.Expect);
        headers.Set(KnownHeader.XEnvoyInternal, "true"u8);
        if (exchange.Route!.IncludesAttemptCount)
        {
            headers.Set(KnownHeader.XEnvoyAttemptCount, "1"u8);
        }

        var text = new ByteBuilder(stackalloc byte[256]);
        if (headers.TryGet(KnownHeader.XForwardedFor, out ReadOnlySpan<byte> forwardedFor))
        {
            text.Append(forwardedFor);
            text.Append((byte)',');
        }

        int length = exchange.DownstreamLocalAddress.TryFormat(text.GetSpan(NetAddress.MaxTextLength), withPort: false);
        text.Advance(length);
        headers.Set(KnownHeader.XForwardedFor, text.Written);
        if (mirror.MarksHost)
        {
            ReadOnlySpan<byte> authority = exchange.Request.Authority;
            ReadOnlySpan<byte> name = AuthorityParts.WithoutPort(authority);
            text.Truncate(0);
            text.Append(name);
            text.Append("-shadow"u8);
            text.Append(authority[name.Length..]);
            copy.SetAuthority(text.Written);
        }

        text.Dispose();
    }
}
