using System.Net;
using Envoy.Service.Ratelimit.V3;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.RateLimit.Serving;
using Tidegate.RateLimit.Tests.Configuration;

namespace Tidegate.RateLimit.Tests.Serving;

/// <summary>The server as gateways and operators see it.</summary>
public sealed class RateLimitServerTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidegate-ratelimit-");
    private RateLimitServer _server = null!;
    private GrpcChannel _channel = null!;
    private HttpClient _pages = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string LimitsFile => Path.Combine(_folder.FullName, "limits.yaml");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        WriteLimit(1);
        await StartAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_gateway_is_told_and_a_change_of_limits_keeps_what_was_counted()
    {
        Assert.Equal(RateLimitResponse.Types.Code.Ok, (await AskAsync("u=a")).OverallCode);
        Assert.Equal(RateLimitResponse.Types.Code.OverLimit, (await AskAsync("u=a")).OverallCode);

        WriteLimit(10);
        await UntilAsync("/rlconfig", "d.u: unit=YEAR requests_per_unit=10\n");
        Assert.Equal(9u, (await AskAsync("u=b")).Statuses[0].LimitRemaining);

        Write("domain: d\nbroken: 1");
        await UntilAsync("/rlconfig", $"error: {LimitsFile}:2: broken: is not known; there are domain, descriptors\n");
        Assert.Equal(8u, (await AskAsync("u=b")).Statuses[0].LimitRemaining);
        Assert.Contains("config_load_error 1\n", await _pages.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
        Assert.Equal("OK", await _pages.GetStringAsync("/healthcheck", Cancellation));
    }

    [Fact]
    public async Task Quotas_outlive_a_restart()
    {
        await AskAsync("u=kept");
        await StopAsync();
        await StartAsync();

        RateLimitResponse after = await AskAsync("u=kept");

        Assert.Equal(RateLimitResponse.Types.Code.OverLimit, after.OverallCode);
        Assert.Equal("retry-after", after.ResponseHeadersToAdd[0].Key);
    }

    [Fact]
    public async Task A_question_that_is_none_gets_a_status()
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await _channel.CreateCallInvoker().AsyncUnaryCall(RateLimitMethods.ShouldRateLimit, null, default, new RateLimitRequest { Domain = "d" }));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    private async Task<RateLimitResponse> AskAsync(string descriptor) => await _channel.CreateCallInvoker().AsyncUnaryCall(
        RateLimitMethods.ShouldRateLimit, null, default, new RateLimitRequest { Domain = "d", Descriptors = { LimitFileReaderTests.Descriptor(descriptor) } });

    private async Task UntilAsync(string page, string text)
    {
        while (!(await _pages.GetStringAsync(page, Cancellation)).Contains(text, StringComparison.Ordinal))
        {
            await Task.Delay(10, Cancellation);
        }
    }

    private void WriteLimit(int limit) => Write($"domain: d\ndescriptors:\n- key: u\n  rate_limit: {{unit: year, requests_per_unit: {limit}}}\n");

    // At once: half a file is another one.
    private void Write(string text)
    {
        File.WriteAllText(LimitsFile + ".new", text);
        File.Move(LimitsFile + ".new", LimitsFile, overwrite: true);
    }

    private async Task StartAsync()
    {
        _server = await RateLimitServer.StartAsync(
            new RateLimitOptions
            {
                Limits = LimitsFile,
                Address = new IPEndPoint(IPAddress.Loopback, 0),
                PagesAddress = new IPEndPoint(IPAddress.Loopback, 0),
                StateFile = Path.Combine(_folder.FullName, "counters.json"),
                ReloadInterval = TimeSpan.FromMilliseconds(20),
                MaxOverLimitKeys = 0,
            },
            NullLoggerFactory.Instance,
            TimeProvider.System);
        _channel = GrpcChannel.ForAddress($"http://{_server.Addresses[0]}");
        _pages = new HttpClient { BaseAddress = new Uri($"http://{_server.Addresses[1]}") };
    }

    private async Task StopAsync()
    {
        _channel.Dispose();
        _pages.Dispose();
        await _server.DisposeAsync();
    }
}
