using Tidegate.Proxy.Overload;

namespace Tidegate.Proxy.Tests.Overload;

/// <summary>What can be done without is given up by all who hold it, and by those alone who can do without it.</summary>
public sealed class SpareMemoryTests
{
    private readonly SpareMemory _spare = new();

    [Fact]
    public void All_who_can_do_without_give_up_and_the_others_stay()
    {
        Holder[] holders = [.. Enumerable.Range(0, 5).Select(i => new Holder(_spare) { CanDoWithout = i != 2 })];

        _spare.GiveUp();
        Assert.Equal([1, 1, 0, 1, 1], holders.Select(holder => holder.GivenUp));

        holders[2].CanDoWithout = true;
        _spare.GiveUp();
        _spare.GiveUp();
        Assert.Equal([1, 1, 1, 1, 1], holders.Select(holder => holder.GivenUp));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Who_has_left_is_not_asked(int who)
    {
        Holder[] holders = [new(_spare), new(_spare), new(_spare)];

        holders[who].End();
        _spare.GiveUp();

        Assert.Equal(Enumerable.Range(0, 3).Select(i => i == who ? 0 : 1), holders.Select(holder => holder.GivenUp));
    }

    private sealed class Holder : SpareMemory.Holder
    {
        private readonly SpareMemory _list;

        public Holder(SpareMemory list)
        {
            _list = list;
            Enter(list);
        }

        public bool CanDoWithout { get; set; } = true;

        public int GivenUp { get; private set; }

        public override bool MayGiveUp => CanDoWithout;

        public override void GiveUp()
        {
            GivenUp++;
            End();
        }

        public void End() => Leave(_list);
    }
}
