using Tidegate.Pilot.Translation.Incremental;

namespace Tidegate.Pilot.Tests.Translation.Incremental;

public sealed class MemoTests
{
    private readonly Memo<string, int> _memo = new();
    private int _made;

    [Fact]
    public void What_a_pass_asks_for_is_made_once()
    {
        for (var pass = 0; pass < 4; pass++)
        {
            Assert.Equal(1, Ask("a"));
            Assert.Equal(1, Ask("a"));
            _memo.EndPass();
        }
        Assert.Equal(1, _made);
    }

    [Fact]
    public void What_a_pass_does_not_ask_for_is_forgotten()
    {
        Ask("a");
        Ask("b");
        _memo.EndPass();
        Ask("a");
        _memo.EndPass();

        Assert.True(_memo.TryGet("a", out _));
        Assert.False(_memo.TryGet("b", out _));
    }

    [Fact]
    public void A_pass_may_put_another_result_in_place_of_a_remembered_one()
    {
        _memo.Set("a", 1);
        _memo.EndPass();
        _memo.Set("a", 2);
        _memo.Set("a", 3);
        _memo.EndPass();

        Assert.True(_memo.TryGet("a", out var value));
        Assert.Equal(3, value);
    }

    [Fact]
    public void A_pass_that_asks_for_nothing_forgets_all()
    {
        for (var i = 0; i < 1000; i++)
        {
            Ask($"{i}");
        }
        _memo.EndPass();
        _memo.EndPass();

        Assert.False(_memo.TryGet("7", out _));
    }

    private int Ask(string key) => _memo.GetOrAdd(key, this, static (_, test) => ++test._made);
}
