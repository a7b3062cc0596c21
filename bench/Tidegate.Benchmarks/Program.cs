using System.Globalization;
using System.Net;
using BenchmarkDotNet.Running;
using Tidegate.Benchmarks;

// "check" compares allocations with expected-allocations.txt; "websocket-*" are the two ends of bench/compare --work websocket; anything else is
// BenchmarkDotNet's own command line.
switch (args)
{
    case ["check", ..]:
        return AllocationCheck.Run(typeof(AllocationCheck).Assembly, Console.Out);
    case ["websocket-backend", string address]:
        await WebSocketLoad.RunBackendAsync(IPEndPoint.Parse(address));
        return 0;
    case ["websocket-client", string address, string connections, string seconds]:
        await WebSocketLoad.RunClientAsync(
            IPEndPoint.Parse(address), int.Parse(connections, CultureInfo.InvariantCulture), TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)), Console.Out);
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(AllocationCheck).Assembly).Run(args);
        return 0;
}
