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
    // One limit for all requests, one for each client's address, and one for a host.
    private const string Limits = """

        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: EnvoyFilter
        metadata: {name: limits, namespace: istio-system}
        spec:
          configPatches:
            - applyTo: HTTP_FILTER
              match: {context: GATEWAY, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router}}}}}
              patch:
                operation: INSERT_BEFORE
                value:
                  name: envoy.filters.http.local_ratelimit
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                    stat_prefix: limits
                    token_bucket: {max_tokens: 1000000000, tokens_per_fill: 1000000000, fill_interval: 1s}
                    filter_enabled: {default_value: {numerator: 100}}
                    filter_enforced: {default_value: {numerator: 100}}
                    rate_limits:
                      - {actions: [{remote_address: {}}]}
                      - {actions: [{request_headers: {header_name: ":authority", descriptor_key: host}}]}
                    descriptors:
                      - {entries: [{key: remote_address}], token_bucket: {max_tokens: 1000000000, tokens_per_fill: 1000000000, fill_interval: 1s}}
                      - {entries: [{key: host, value: shop.bench}], token_bucket: {max_tokens: 1000000000, tokens_per_fill: 1000000000, fill_interval: 1s}}
        """;

    private BenchmarkGateway? _plain;
    private BenchmarkGateway? _logged;
    private BenchmarkGateway? _limited;

    [GlobalSetup]
    public void Start()
    {
        _plain = new BenchmarkGateway(IPAddress.Parse("127.41.1.1"), accessLog: string.Empty);
        _logged = new BenchmarkGateway(IPAddress.Parse("127.41.1.2"), accessLog: "/dev/null");
        _limited = new BenchmarkGateway(IPAddress.Parse("127.41.1.3"), accessLog: string.Empty, Limits);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _plain?.Dispose();
        _logged?.Dispose();
        _limited?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public int Plain() => _plain!.Exchange();

    [Benchmark]
    public int Http2() => _plain!.ExchangeHttp2();

    [Benchmark]
    public int Logged() => _logged!.Exchange();

    [Benchmark]
    public int LocallyLimited() => _limited!.Exchange();
}
