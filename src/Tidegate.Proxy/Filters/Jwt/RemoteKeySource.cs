using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>
/// Keys that a cluster is asked for (Envoy: <c>remote_jwks</c>), when the first token needs them. They are fetched again before they are too old, beside the
/// requests; only what nobody needed for long is waited for.
/// </summary>
internal sealed class RemoteKeySource : JwtKeySource
{
    // How long nothing is asked for again after it could not be had, or did not have a token's key.
    private const long RetryAfterMs = 1_000;
    private const long OthersAfterMs = 10_000;

    private readonly ClusterSlot _cluster;
    private readonly string _uri;
    private readonly byte[] _host;
    private readonly byte[] _path;
    private readonly long _timeoutMs;
    private readonly long _lifeMs;
    private volatile RemoteKeySet? _keys;

    /// <param name="cluster">The cluster.</param>
    /// <param name="uri">The address of the set.</param>
    /// <param name="timeoutMs">How long an answer may take.</param>
    /// <param name="lifeMs">How long a set may be used.</param>
    public RemoteKeySource(ClusterSlot cluster, Uri uri, long timeoutMs, long lifeMs)
    {
        _cluster = cluster;
        _uri = uri.AbsoluteUri;
        _host = Encoding.ASCII.GetBytes(uri.Authority);
        _path = Encoding.ASCII.GetBytes(uri.PathAndQuery);
        _timeoutMs = timeoutMs;
        _lifeMs = lifeMs;
    }

    /// <inheritdoc/>
    public override JwtKeySet? Current => _keys?.Current;

    /// <inheritdoc/>
    public override JwtStatus WithoutKeys => JwtStatus.FetchFailed;

    /// <inheritdoc/>
    public override bool HasToFetch(FilterRun run)
    {
        RemoteKeySet keys = KeysOf(run);
        long now = Environment.TickCount64;
        keys.UsedMs = now;
        bool isTried = keys.TriedMs is { } tried && now - tried < RetryAfterMs;
        long age = now - keys.FetchedMs;
        if (keys.Current is null || age >= _lifeMs)
        {
            return keys.IsFetching || !isTried;
        }

        if (age >= _lifeMs / 5 * 4 && !isTried)
        {
            Begin(run, keys, out _);
        }

        return false;
    }

    /// <inheritdoc/>
    public override bool MayHaveOthers(FilterRun run) => KeysOf(run).TriedMs is not { } tried || Environment.TickCount64 - tried >= OthersAfterMs;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public override async ValueTask FetchAsync(FilterRun run)
    {
        Begin(run, KeysOf(run), out Task pending);
        await pending.WaitAsync(run.Cancellation);
    }

    private RemoteKeySet KeysOf(FilterRun run) =>
        _keys ??= run.Services.Shared(static () => new RemoteKeySets()).Of(_cluster.Name, _uri);

    // Whoever asks may go away meanwhile; others wait too.
    private void Begin(FilterRun run, RemoteKeySet keys, out Task pending)
    {
        if (keys.TryBegin(out pending) is { } done)
        {
            JwtStats stats = run.Worker.Stats.AddJwt(run.StatScope).ForWorker(run.Worker.Index);
            run.Worker.Run(FetchAsync(run.Services.ClientOf(_cluster), keys, run.Worker.Options.MaxKeySetBytes, stats, done));
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask FetchAsync(ClusterClient? client, RemoteKeySet keys, int maxBytes, JwtStats stats, TaskCompletionSource done)
    {
        try
        {
            ClusterAnswer? answer = null;
            if (client is not null)
            {
                var request = new RequestHead();
                request.SetMethod(KnownMethod.Get);
                request.SetPath(_path);
                request.SetAuthority(_host);
                answer = await client.SendAsync(request, default, _timeoutMs, maxBytes, CancellationToken.None);
            }

            if (answer is { Head.Status: 200 } && keys.TryTake(answer.Body.Span))
            {
                stats.KeysFetched++;
            }
            else
            {
                stats.KeysNotFetched++;
            }
        }
        finally
        {
            done.SetResult();
        }
    }
}
