using System.Net;
using BenchmarkDotNet.Attributes;

namespace Tidegate.Benchmarks;

/// <summary>
/// A request through the whole gateway and back, from a client's kept connection over one worker to a backend's kept connection. Times are those of the
/// round trip with all its thread switches; the figure that counts here is what it allocates: nothing.
/// </summary>
[MemoryDiagnoser]
public class ProxiedRequest : IDisposable
{
    private BenchmarkGateway? _plain;
    private BenchmarkGateway? _logged;

    [GlobalSetup]
    public void Start()
    {
        _plain = new BenchmarkGateway(IPAddress.Parse("127.41.1.1"), accessLog: string.Empty);
        _logged = new BenchmarkGateway(IPAddress.Parse("127.41.1.2"), accessLog: "/dev/null");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _plain?.Dispose();
        _logged?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public int Plain() => _plain!.Exchange();

    [Benchmark]
    public int Http2() => _plain!.ExchangeHttp2();

    [Benchmark]
    public int Logged() => _logged!.Exchange();
}
