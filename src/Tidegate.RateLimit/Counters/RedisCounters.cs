using System.Net;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Tidegate.RateLimit.Counters;

/// <summary>
/// Counters of many servers, in Redis: INCRBY and EXPIRE of each key, in one go. Nobody waits longer than the timeout, whatever Redis does; while there is no connection it
/// fails at once, and a new one is tried beside.
/// </summary>
public sealed partial class RedisCounters : ICounters
{
    private readonly ConnectionMultiplexer _redis;
    private readonly TimeSpan _timeout;

    private RedisCounters(ConnectionMultiplexer redis, TimeSpan timeout)
    {
        _redis = redis;
        _timeout = timeout;
    }

    /// <inheritdoc/>
    public string? Problem => _redis.IsConnected ? null : "there is no connection to Redis";

    /// <summary>Begins to connect. Redis need not be there yet.</summary>
    /// <param name="configuration">Where it is, as StackExchange.Redis reads it: <c>redis.cache:6379,password=...</c></param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="logger">Is told of connections that come and go.</param>
    /// <exception cref="ArgumentException">The configuration cannot be read.</exception>
    public static async Task<RedisCounters> ConnectAsync(string configuration, TimeSpan timeout, ILogger logger)
    {
        ConfigurationOptions options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.AsyncTimeout = (int)timeout.TotalMilliseconds;
        options.ConnectTimeout = (int)Math.Max(timeout.TotalMilliseconds, 1000);
        options.HeartbeatInterval = TimeSpan.FromSeconds(1);
        options.ReconnectRetryPolicy = new ExponentialRetry(100, 2000);
        ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
        redis.ConnectionFailed += (_, failure) => LogLost(logger, failure.EndPoint, failure.FailureType);
        redis.ConnectionRestored += (_, restored) => LogBack(logger, restored.EndPoint);
        return new RedisCounters(redis, timeout);
    }

    /// <inheritdoc/>
    public async ValueTask<ulong[]> AddAsync(IReadOnlyList<CounterHit> hits, CancellationToken cancellation)
    {
        IBatch batch = _redis.GetDatabase().CreateBatch();
        Task<long>[] values = new Task<long>[hits.Count];
        List<Task> all = [];
        for (int i = 0; i < values.Length; i++)
        {
            CounterHit hit = hits[i];
            values[i] = batch.StringIncrementAsync(hit.Key, (long)hit.Hits);
            all.Add(values[i]);
            all.Add(batch.KeyExpireAsync(hit.Key, TimeSpan.FromSeconds(hit.LifeSeconds)));
        }

        try
        {
            batch.Execute(); // throws where there is no connection
            await Task.WhenAll(all).WaitAsync(_timeout, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            throw new CountersUnavailableException("Redis did not count", exception);
        }

        return [.. values.Select(static value => (ulong)value.Result)];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [LoggerMessage(Level = LogLevel.Error, Message = "the connection to Redis at {Address} is lost: {Failure}")]
    private static partial void LogLost(ILogger logger, EndPoint? address, ConnectionFailureType failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "the connection to Redis at {Address} is back")]
    private static partial void LogBack(ILogger logger, EndPoint? address);
}
