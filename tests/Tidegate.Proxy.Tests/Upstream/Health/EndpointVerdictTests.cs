using System.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.HealthChecks;
using Tidegate.Proxy.Upstream.Health;

namespace Tidegate.Proxy.Tests.Upstream.Health;

/// <summary>What the results of health checks come to: thresholds, flags and intervals as in Envoy.</summary>
public sealed class EndpointVerdictTests
{
    private readonly RuntimeEndpoint _endpoint = new(0, new IPEndPoint(IPAddress.Loopback, 80), string.Empty, new EndpointState());
    private readonly EndpointVerdict _verdict;

    public EndpointVerdictTests()
    {
        _endpoint.SetHealthFlag(EndpointHealthFlags.FailedActiveHealthCheck | EndpointHealthFlags.PendingActiveHealthCheck);
        _verdict = new EndpointVerdict(_endpoint, new HealthCheckPolicy
        {
            Probe = new TcpProbePolicy(),
            UnhealthyThreshold = 3,
            HealthyThreshold = 2,
            IntervalMs = 1,
            UnhealthyIntervalMs = 2,
            UnhealthyEdgeIntervalMs = 3,
            HealthyEdgeIntervalMs = 4,
            NoTrafficIntervalMs = 5,
            NoTrafficHealthyIntervalMs = 6,
        });
    }

    [Fact]
    public void The_first_success_is_enough()
    {
        Assert.True(_verdict.Take(ProbeResult.Well));
        Assert.Equal(EndpointHealthFlags.None, _endpoint.HealthFlags);
    }

    [Fact]
    public void After_a_first_failure_the_threshold_counts()
    {
        Assert.False(_verdict.Take(ProbeResult.Failed));
        Assert.Equal(EndpointHealthFlags.FailedActiveHealthCheck, _endpoint.HealthFlags);
        Assert.False(_verdict.Take(ProbeResult.Well));
        Assert.False(_verdict.Take(ProbeResult.Failed));
        Assert.False(_verdict.Take(ProbeResult.Well));
        Assert.True(_verdict.Take(ProbeResult.Well));
        Assert.True(_endpoint.IsHealthy);
    }

    [Fact]
    public void Failures_without_an_answer_count_up_to_the_threshold()
    {
        _verdict.Take(ProbeResult.Well);
        Assert.False(_verdict.Take(ProbeResult.Failed));
        Assert.False(_verdict.Take(ProbeResult.TimedOut));
        Assert.True(_endpoint.IsHealthy);
        Assert.True(_verdict.Take(ProbeResult.TimedOut));
        Assert.Equal(EndpointHealthFlags.FailedActiveHealthCheck | EndpointHealthFlags.ActiveHealthCheckTimeout, _endpoint.HealthFlags);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_that_says_so_is_enough(bool isOtherService)
    {
        _verdict.Take(ProbeResult.Well);
        Assert.True(_verdict.Take(isOtherService ? ProbeResult.OtherService : ProbeResult.Ill));
        Assert.False(_endpoint.IsHealthy);
    }

    [Fact]
    public void A_success_begins_the_count_of_failures_anew()
    {
        foreach (ProbeResult result in (ProbeResult[])[ProbeResult.Well, ProbeResult.Failed, ProbeResult.Failed, ProbeResult.Well, ProbeResult.Failed, ProbeResult.Failed])
        {
            _verdict.Take(result);
        }

        Assert.True(_endpoint.IsHealthy);
    }

    [Fact]
    public void The_interval_depends_on_health_and_traffic()
    {
        _verdict.Take(ProbeResult.Failed);
        Assert.Equal((2, 5), (_verdict.NextIntervalMs(true), _verdict.NextIntervalMs(false)));
        _verdict.Take(ProbeResult.Well);
        Assert.Equal(4, _verdict.NextIntervalMs(true));
        _verdict.Take(ProbeResult.Well);
        Assert.Equal((1, 6), (_verdict.NextIntervalMs(true), _verdict.NextIntervalMs(false)));
        _verdict.Take(ProbeResult.Failed);
        Assert.Equal(3, _verdict.NextIntervalMs(true));
    }
}
