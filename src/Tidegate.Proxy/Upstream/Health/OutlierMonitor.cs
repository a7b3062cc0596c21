using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>
/// What the answers of one endpoint say. All workers write it, without locks; where nothing fails they only read, so that no cache line wanders
/// (but for rates, which Istio never asks for). What follows from it is for <see cref="OutlierDetector"/> to decide, off the workers.
/// </summary>
internal sealed class OutlierMonitor(OutlierDetector detector, RuntimeEndpoint endpoint)
{
    private uint _bad;
    private uint _gateway;
    private uint _local;
    private RateCounter _external;
    private RateCounter _localOrigin;

    /// <summary>The endpoint.</summary>
    public RuntimeEndpoint Endpoint => endpoint;

    /// <summary>Whether it is ejected. Of the control thread.</summary>
    public bool IsEjected { get; set; }

    /// <summary>How many times its ejection is to be as long as the first. Of the control thread.</summary>
    public int EjectionTimes { get; set; }

    /// <summary>When its ejection ends, milliseconds. Of the control thread.</summary>
    public long EjectionEndMs { get; set; }

    /// <summary>An answer came.</summary>
    public void OnAnswer(int status)
    {
        OutlierPolicy policy = detector.Policy;
        Count(policy, policy.StatusThatCounts(status));
    }

    /// <summary>No answer came: no connection, a reset, or a timeout.</summary>
    public void OnLocalFailure(bool isTimeout)
    {
        OutlierPolicy policy = detector.Policy;
        if (!policy.SplitsLocalOrigin)
        {
            Count(policy, isTimeout ? 504 : 503);
            return;
        }

        if (policy.CountsRates)
        {
            _localOrigin.Count(isGood: false);
        }

        Add(ref _local, policy.ConsecutiveLocalOriginFailure, OutlierKind.ConsecutiveLocalOriginFailure);
    }

    /// <summary>There is a connection for a request.</summary>
    public void OnConnected()
    {
        OutlierPolicy policy = detector.Policy;
        if (policy.SplitsLocalOrigin)
        {
            if (policy.CountsRates)
            {
                _localOrigin.Count(isGood: true);
            }

            Forget(ref _local);
        }
    }

    /// <summary>Counting begins anew.</summary>
    public void Forget(OutlierKind kind)
    {
        switch (kind)
        {
            case OutlierKind.Consecutive5xx:
                Forget(ref _bad);
                break;
            case OutlierKind.ConsecutiveGatewayFailure:
                Forget(ref _gateway);
                break;
            case OutlierKind.ConsecutiveLocalOriginFailure:
                Forget(ref _local);
                break;
        }
    }

    /// <summary>Requests and good ones among them since the last call.</summary>
    /// <param name="isLocalOrigin">Of failures without an answer, or of answers.</param>
    public (long Total, long Good) TakeRate(bool isLocalOrigin) => isLocalOrigin ? _localOrigin.Take() : _external.Take();

    private void Count(OutlierPolicy policy, int status)
    {
        if (policy.CountsRates)
        {
            _external.Count(status < 500);
        }

        if (status < 500)
        {
            Forget(ref _bad);
            Forget(ref _gateway);
            return;
        }

        Add(ref _bad, policy.Consecutive5xx, OutlierKind.Consecutive5xx);
        if (status is 502 or 503 or 504)
        {
            Add(ref _gateway, policy.ConsecutiveGatewayFailure, OutlierKind.ConsecutiveGatewayFailure);
        }
        else
        {
            Forget(ref _gateway);
        }
    }

    private static void Forget(ref uint count)
    {
        if (Volatile.Read(ref count) != 0)
        {
            Volatile.Write(ref count, 0);
        }
    }

    private void Add(ref uint count, OutlierThreshold threshold, OutlierKind kind)
    {
        // Exactly once for each time that the threshold is reached, whichever worker gets there.
        if (Interlocked.Increment(ref count) == threshold.Count)
        {
            detector.Report(this, kind);
        }
    }

    private struct RateCounter
    {
        private long _total;
        private long _good;

        public void Count(bool isGood)
        {
            Interlocked.Increment(ref _total);
            if (isGood)
            {
                Interlocked.Increment(ref _good);
            }
        }

        public (long Total, long Good) Take() => (Interlocked.Exchange(ref _total, 0), Interlocked.Exchange(ref _good, 0));
    }
}
