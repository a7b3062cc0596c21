using System.Diagnostics;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>Waits for a condition instead of for a time.</summary>
public static class Eventually
{
    /// <summary>How long anything may take before a test calls it broken; generous, because the machine may be busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks until the condition holds; fails with the description after <see cref="Patience"/>.</summary>
    public static Task HoldsAsync(Func<bool> condition, string description) =>
        HoldsAsync(() => Task.FromResult(condition()), () => description);

    /// <summary>Asks until the condition holds; fails with what <paramref name="describe"/> then says.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, Func<string> describe)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                Assert.Fail($"did not happen within {Patience.TotalSeconds} s: {describe()}");
            }

            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The task's result, or a failure that says what was waited for.</summary>
    public static async Task<T> WithinPatienceAsync<T>(this Task<T> task, string description)
    {
        try
        {
            return await task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"did not happen within {Patience.TotalSeconds} s: {description}");
            throw;
        }
    }
}
