using BenchmarkDotNet.Running;
using Tidegate.Benchmarks;

// "check" compares allocations with expected-allocations.txt; anything else is BenchmarkDotNet's own command line.
if (args is ["check", ..])
{
    return AllocationCheck.Run(typeof(AllocationCheck).Assembly, Console.Out);
}

BenchmarkSwitcher.FromAssembly(typeof(AllocationCheck).Assembly).Run(args);
return 0;
