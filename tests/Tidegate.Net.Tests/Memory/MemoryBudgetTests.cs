using Tidegate.Net.Memory;

namespace Tidegate.Net.Tests.Memory;

public sealed class MemoryBudgetTests
{
    [Theory]
    [InlineData(0, MemoryPressure.None)]
    [InlineData(499, MemoryPressure.None)]
    [InlineData(500, MemoryPressure.Elevated)]
    [InlineData(800, MemoryPressure.High)]
    [InlineData(920, MemoryPressure.Severe)]
    [InlineData(949, MemoryPressure.Severe)]
    [InlineData(950, MemoryPressure.Critical)]
    [InlineData(980, MemoryPressure.Full)]
    [InlineData(1000, MemoryPressure.Exhausted)]
    [InlineData(5000, MemoryPressure.Exhausted)]
    public void S11_the_more_of_it_is_used_the_less_is_begun(long used, MemoryPressure pressure)
    {
        var budget = new MemoryBudget(1000);
        MemoryAccount account = budget.Open();
        account.Charge(used);
        Assert.Equal(pressure, budget.Pressure);
        Assert.Equal(pressure, account.Pressure);
    }

    [Fact]
    public void What_all_loops_hold_counts_and_what_is_given_back_counts_no_more()
    {
        var budget = new MemoryBudget(1000);
        MemoryAccount one = budget.Open();
        MemoryAccount other = budget.Open();
        one.Charge(600);
        other.Charge(450);
        Assert.Equal(1050, budget.UsedBytes);
        Assert.Equal(MemoryPressure.Exhausted, one.Pressure);

        one.Charge(-600);
        Assert.Equal(450, budget.UsedBytes);
        Assert.Equal(MemoryPressure.None, other.Pressure);
        Assert.Equal(450, other.Bytes);
    }

    [Fact]
    public void Without_a_limit_it_is_counted_and_never_too_much()
    {
        var budget = new MemoryBudget();
        budget.Open().Charge(long.MaxValue / 2);
        Assert.Equal(long.MaxValue / 2, budget.UsedBytes);
        Assert.Equal(MemoryPressure.None, budget.Pressure);
    }
}
