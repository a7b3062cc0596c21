using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Hosting.Background;
using Tidegate.Net.Memory;
using Tidegate.Proxy.Overload;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Tests.Overload;

/// <summary>What a flood took goes back to the system when the flood is over (edge.md, S10), once, and not for less.</summary>
public sealed class MemoryKeeperTests : IDisposable
{
    private const int Mebibyte = 1024 * 1024;

    private readonly FakeTimeProvider _time = new();
    private readonly OverloadStats _stats = new();
    private readonly MemoryKeeper _keeper;
    private readonly MemoryAccount _account;
    private int _returns;
    private long _socketBytes;

    public MemoryKeeperTests()
    {
        _keeper = new MemoryKeeper(100 * Mebibyte, _stats, new BackgroundWork(NullLogger.Instance, _time), () => _returns++, () => _socketBytes);
        _account = _keeper.Budget.Open();
    }

    /// <inheritdoc/>
    public void Dispose() => _keeper.Dispose();

    [Fact]
    public void Memory_is_given_back_once_when_it_has_become_free_and_is_quiet()
    {
        Hold(90);
        Pass(seconds: 60);
        Assert.Equal(0, _returns);

        Hold(40);
        Pass(seconds: 2);
        Hold(10);
        Pass(seconds: 2);
        Assert.Equal(0, _returns);

        Pass(seconds: 5);
        Assert.Equal(1, _returns);
        Pass(seconds: 600);
        Assert.Equal(1, _returns);
    }

    [Fact]
    public void What_the_kernel_holds_for_sockets_counts()
    {
        Hold(90);
        _socketBytes = 7 * Mebibyte;
        Pass(seconds: 1);
        Assert.Equal(MemoryPressure.Critical, _keeper.Budget.Pressure);

        _socketBytes = 0;
        Pass(seconds: 1);
        Assert.Equal(MemoryPressure.High, _keeper.Budget.Pressure);
    }

    [Fact]
    public void The_next_flood_is_given_back_as_well()
    {
        for (int flood = 1; flood <= 3; flood++)
        {
            Hold(50);
            Pass(seconds: 5);
            Hold(0);
            Pass(seconds: 10);
            Assert.Equal(flood, _returns);
        }
    }

    [Fact]
    public void Little_is_not_worth_a_collection()
    {
        for (int i = 0; i < 100; i++)
        {
            Hold(i % 2 == 0 ? 4 : 0);
            Pass(seconds: 10);
        }

        Assert.Equal(0, _returns);
    }

    [Theory]
    [InlineData(10, 10, 0, 0, 0)]
    [InlineData(93, 93, 1, 0, 0)]
    [InlineData(96, 96, 1, 1, 0)]
    [InlineData(99, 99, 1, 1, 1)]
    public void S11_what_is_refused_now_is_told(int mebibytes, int percent, int noKeepAlive, int noRequests, int noConnections)
    {
        Hold(mebibytes);
        _keeper.Sample();

        Assert.Equal((100L * Mebibyte, (long)mebibytes * Mebibyte, percent), (_stats.LimitBytes, _stats.UsedBytes, _stats.Pressure));
        Assert.Equal(
            (noKeepAlive, noRequests, noConnections),
            (_stats.DisableHttpKeepaliveActive, _stats.StopAcceptingRequestsActive, _stats.RejectIncomingConnectionsActive));
    }

    private void Hold(long mebibytes) => _account.Charge((mebibytes * Mebibyte) - _account.Bytes);

    private void Pass(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
