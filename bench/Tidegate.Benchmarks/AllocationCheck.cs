using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Tidegate.Benchmarks;

/// <summary>
/// Compares what each benchmark method allocates per call with <c>expected-allocations.txt</c>. Quick enough for every test
/// run: allocation is counted exactly by the runtime, over all threads, so it needs no statistics, only calls enough to be warm and to make what
/// timers and the like allocate meanwhile less than a byte per call.
/// </summary>
public static class AllocationCheck
{
    private const int WarmUpCalls = 2000;
    private const int MeasuredCalls = 20_000;

    // What a call allocates, it allocates in every round; what the process does besides, such as timers on a machine that stood still, not.
    private const int Rounds = 3;

    public static int Run(Assembly assembly, TextWriter output)
    {
        Dictionary<string, long> expected = ReadExpected(Path.Combine(AppContext.BaseDirectory, "expected-allocations.txt"));
        bool isGood = true;
        foreach (Type type in assembly.GetTypes().Where(type => !type.IsAbstract))
        {
            foreach (MethodInfo method in type.GetMethods().Where(method => method.IsDefined(typeof(BenchmarkAttribute))))
            {
                string name = $"{type.Name}.{method.Name}";
                long bytes = Measure(type, method);
                bool isKnown = expected.Remove(name, out long limit);
                bool isWithin = isKnown && bytes <= limit;
                isGood &= isWithin;
                output.WriteLine($"{(isWithin ? "ok  " : "FAIL")} {name}: {bytes} bytes per call, {(isKnown ? $"at most {limit}" : "not in expected-allocations.txt")}");
            }
        }

        foreach (string name in expected.Keys)
        {
            isGood = false;
            output.WriteLine($"FAIL {name}: in expected-allocations.txt, but there is no such benchmark");
        }

        return isGood ? 0 : 1;
    }

    private static long Measure(Type type, MethodInfo method)
    {
        object instance = Activator.CreateInstance(type)!;
        foreach (MethodInfo setup in type.GetMethods().Where(m => m.IsDefined(typeof(GlobalSetupAttribute))))
        {
            setup.Invoke(instance, null);
        }

        // A delegate of the method's own return type, so that the call itself neither boxes nor reflects.
        Action call = method.ReturnType == typeof(void)
            ? method.CreateDelegate<Action>(instance)
            : (Action)typeof(AllocationCheck).GetMethod(nameof(Discard), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(method.ReturnType).Invoke(null, [method, instance])!;
        for (int i = 0; i < WarmUpCalls; i++)
        {
            call();
        }

        long bytes = long.MaxValue;
        for (int round = 0; round < Rounds && bytes > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < MeasuredCalls; i++)
            {
                call();
            }

            bytes = Math.Min(bytes, (GC.GetTotalAllocatedBytes(precise: true) - before) / MeasuredCalls);
        }

        foreach (MethodInfo cleanup in type.GetMethods().Where(m => m.IsDefined(typeof(GlobalCleanupAttribute))))
        {
            cleanup.Invoke(instance, null);
        }

        return bytes;
    }

    private static Action Discard<T>(MethodInfo method, object instance)
    {
        Func<T> call = method.CreateDelegate<Func<T>>(instance);
        return () => call();
    }

    private static Dictionary<string, long> ReadExpected(string path) => File.ReadLines(path)
        .Select(line => line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length == 2)
        .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));
}
