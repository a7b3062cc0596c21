namespace Tidegate.Proxy;

/// <summary>All workers, as control threads see them: what is to be done on them is posted to their loops.</summary>
internal sealed class WorkerGroup(ServingWorker[] workers)
{
    /// <summary>How many there are.</summary>
    public int Count => workers.Length;

    /// <summary>Each of them.</summary>
    public IReadOnlyList<ServingWorker> All => workers;

    /// <summary>Runs something on every worker's loop, and returns when all have run it.</summary>
    public Task RunAsync(Action<ServingWorker> action) => RunAsync(worker =>
    {
        action(worker);
        return true;
    });

    /// <summary>The same for something with a result.</summary>
    public Task<T[]> RunAsync<T>(Func<ServingWorker, T> action)
    {
        var results = new Task<T>[workers.Length];
        for (int i = 0; i < results.Length; i++)
        {
            ServingWorker worker = workers[i];
            var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            worker.Worker.Loop.Post(
                _ =>
                {
                    try
                    {
                        completion.SetResult(action(worker));
                    }
                    catch (Exception exception)
                    {
                        completion.SetException(exception);
                    }
                },
                null);
            results[i] = completion.Task;
        }

        return Task.WhenAll(results);
    }
}
