using System.Runtime.CompilerServices;

namespace Tidegate.Net.Tests;

public sealed class LoopMethodBuilderTests
{
    [Fact]
    public async Task Thousands_of_suspended_methods_allocate_nothing_once_warm()
    {
        await using var fixture = new LoopFixture();
        const int count = 4096;
        long allocated = await fixture.RunAsync(() =>
        {
            var gates = new Gate[count];
            var tasks = new ValueTask<int>[count];
            for (int i = 0; i < count; i++)
            {
                gates[i] = new Gate();
            }

            int Round()
            {
                for (int i = 0; i < count; i++)
                {
                    tasks[i] = OuterAsync(gates[i], i);
                }

                foreach (Gate gate in gates)
                {
                    gate.Open();
                    gate.Open();
                }

                int sum = 0;
                foreach (ValueTask<int> task in tasks)
                {
                    sum += task.GetAwaiter().GetResult();
                }

                return sum;
            }

            int expected = Round();
            _ = Round();
            bool isSame = true;
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
            {
                isSame &= Round() == expected;
            }

            long after = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(isSame);
            return ValueTask.FromResult(after - before);
        });
        Assert.Equal(0, allocated);
    }

    [Fact]
    public async Task Exceptions_come_out_where_the_method_is_awaited()
    {
        await using var fixture = new LoopFixture();
        await fixture.RunAsync(async () =>
        {
            var gate = new Gate();
            ValueTask atOnce = ThrowAsync(null);
            Assert.Equal("thrown", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await atOnce)).Message);
            ValueTask later = ThrowAsync(gate);
            Assert.False(later.IsCompleted);
            gate.Open();
            Assert.True(later.IsFaulted);
            Assert.Equal("thrown", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await later)).Message);
        });
    }

    [Fact]
    public async Task A_task_that_is_awaited_twice_harms_no_other()
    {
        await using var fixture = new LoopFixture();
        await fixture.RunAsync(async () =>
        {
            var gate = new Gate();
            ValueTask<int> first = OuterAsync(gate, 1);
            gate.Open();
            gate.Open();
            Assert.Equal(2, await first);

            // The box is in use for the second now.
            ValueTask<int> second = OuterAsync(gate, 10);
            Assert.Throws<InvalidOperationException>(() => first.GetAwaiter().GetResult());
            Assert.Throws<InvalidOperationException>(() => second.GetAwaiter().GetResult());
            ValueTask<int> third = OuterAsync(new Gate(), 100);
            gate.Open();
            gate.Open();
            Assert.Equal(20, await second);
            Assert.False(third.IsCompleted);
        });
    }

    [Fact]
    public async Task A_method_that_ends_on_another_thread_continues_its_caller_on_the_loop()
    {
        await using var fixture = new LoopFixture();
        await fixture.RunAsync(async () =>
        {
            await StrayAsync();
            Assert.True(fixture.Loop.IsCurrent);
            await CallerOfStrayAsync(fixture.Loop);
        });
    }

    [Fact]
    public async Task Inline_completion_keeps_the_order_of_the_callers()
    {
        await using var fixture = new LoopFixture();
        await fixture.RunAsync(async () =>
        {
            var gate = new Gate();
            var log = new List<string>();
            ValueTask<int> outer = LogAsync(gate, log);
            log.Add("opening");
            gate.Open();
            log.Add("opened");
            Assert.Equal(1, await outer);
            Assert.Equal(["opening", "continued", "opened"], log);
        });
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private static async ValueTask<int> OuterAsync(Gate gate, int value)
    {
        int inner = await InnerAsync(gate, value);
        await gate.PassAsync();
        return inner + value;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private static async ValueTask<int> InnerAsync(Gate gate, int value)
    {
        await gate.PassAsync();
        return value;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private static async ValueTask ThrowAsync(Gate? gate)
    {
        if (gate is not null)
        {
            await gate.PassAsync();
        }

        throw new InvalidOperationException("thrown");
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private static async ValueTask<int> LogAsync(Gate gate, List<string> log)
    {
        int value = await InnerAsync(gate, 1);
        log.Add("continued");
        return value;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private static async ValueTask StrayAsync()
    {
        await Task.Delay(1).ConfigureAwait(false);
        Assert.Null(EventLoop.Current);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private static async ValueTask CallerOfStrayAsync(EventLoop loop)
    {
        await StrayAsync();
        Assert.True(loop.IsCurrent);
    }

    /// <summary>Lets one waiting method pass at a time.</summary>
    private sealed class Gate : ICriticalNotifyCompletion
    {
        private Action? _waiting;

        public bool IsCompleted => false;

        public Gate PassAsync() => this;

        public Gate GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => _waiting = continuation;

        public void UnsafeOnCompleted(Action continuation) => _waiting = continuation;

        public void Open()
        {
            Action? waiting = _waiting;
            _waiting = null;
            waiting!();
        }
    }
}
