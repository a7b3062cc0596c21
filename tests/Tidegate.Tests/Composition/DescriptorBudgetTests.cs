using Tidegate.Proxy.Workers;
using Tidegate.Running;

namespace Tidegate.Tests.Composition;

/// <summary>How many connections fit into the descriptors of the process (edge.md, R02).</summary>
public sealed class DescriptorBudgetTests
{
    [Theory]
    [InlineData(1_048_576, 50_000, 128)]
    [InlineData(65_536, 32_322, 128)]
    [InlineData(1024, 306, 32)]
    [InlineData(256, 16, 8)]
    [InlineData(long.MaxValue, 50_000, 128)]
    public void Connections_and_their_upstreams_leave_room_for_the_pages_and_for_files(long descriptors, int connections, int pages)
    {
        ProxyOptions fitting = DescriptorBudget.Fit(new ProxyOptions(), descriptors);

        Assert.Equal((connections, pages), (fitting.MaxConnections, fitting.MaxPageConnections));
    }

    [Fact]
    public void What_was_asked_for_and_fits_stays()
    {
        ProxyOptions asked = new() { MaxConnections = 10, MaxPageConnections = 5 };

        ProxyOptions fitting = DescriptorBudget.Fit(asked, 1024);

        Assert.Equal((10, 5), (fitting.MaxConnections, fitting.MaxPageConnections));
    }

    [Fact]
    public void Traffic_leaves_more_free_than_the_pages_do()
    {
        ProxyOptions fitting = DescriptorBudget.Fit(new ProxyOptions(), 256);

        Assert.Equal((224, 236), (fitting.TrafficDescriptorLimit, fitting.PageDescriptorLimit));
    }

    [Fact]
    public void No_limit_is_what_the_descriptors_allow() => Assert.Equal(306, DescriptorBudget.Fit(new ProxyOptions { MaxConnections = 0 }, 1024).MaxConnections);

    [Fact]
    public void The_limit_of_this_process_is_known() => Assert.InRange(DescriptorBudget.Descriptors(), 64, long.MaxValue);
}
