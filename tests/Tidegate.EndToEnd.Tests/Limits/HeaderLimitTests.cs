using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Limits;

/// <summary>The limits of a request's head at the limit, one below and one above (edge.md, S15): 60 KiB and 100 fields.</summary>
public sealed class HeaderLimitTests(HeaderLimitTests.Pool pool) : IClassFixture<HeaderLimitTests.Pool>
{
    private const int MaxBytes = 60 * 1024;
    private const int MaxFields = 100;

    [Theory]
    [InlineData(100)]
    [InlineData(32 * 1024)]
    public async Task S15_a_method_that_nobody_has_is_refused_however_long_it_is(int bytes)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();

        WireResponse response = await client.ExchangeAsync($"{new string('A', bytes)} / HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.Equal(400, response.Status);
        Assert.Empty(backend.Requests);
    }

    [Theory]
    [InlineData(MaxFields - 1, 200)]
    [InlineData(MaxFields, 200)]
    [InlineData(MaxFields + 1, 431)]
    public async Task S15_the_number_of_fields_is_limited_exactly(int fields, int status)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        string request = $"GET /fields HTTP/1.1\r\nHost: {host}\r\n{string.Concat(Enumerable.Range(2, fields - 1).Select(i => $"X-{i}: a\r\n"))}\r\n";

        await AssertStatusAsync(request, status, backend);
    }

    [Theory]
    [InlineData(MaxBytes - 1, 200)]
    [InlineData(MaxBytes, 200)]
    [InlineData(MaxBytes + 1, 431)]
    public async Task S15_the_size_of_the_head_is_limited_exactly(int bytes, int status)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        string start = $"GET /bytes HTTP/1.1\r\nHost: {host}\r\nX-Filler: ";

        await AssertStatusAsync($"{start}{new string('a', bytes - start.Length - 4)}\r\n\r\n", status, backend);
    }

    [Theory]
    [InlineData(MaxBytes, 200)]
    [InlineData(MaxBytes + 1, 431)]
    public async Task S15_repeated_small_fields_count_together(int bytes, int status)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        string start = $"GET /sum HTTP/1.1\r\nHost: {host}\r\n";
        const int Fields = 90;
        int each = (bytes - start.Length - 2) / Fields;
        string lines = string.Concat(Enumerable.Repeat($"X-Same: {new string('a', each - 10)}\r\n", Fields - 1));
        int last = bytes - start.Length - 2 - lines.Length;

        await AssertStatusAsync($"{start}{lines}X-Same: {new string('a', last - 10)}\r\n\r\n", status, backend);
    }

    [Theory]
    [InlineData(MaxBytes, 200)]
    [InlineData(MaxBytes + 1, 431)]
    public async Task S15_the_target_counts_as_well(int bytes, int status)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        string end = $" HTTP/1.1\r\nHost: {host}\r\n\r\n";

        await AssertStatusAsync($"GET /{new string('a', bytes - end.Length - 5)}{end}", status, backend);
    }

    [Theory]
    [InlineData("X-Endless: ")]
    [InlineData("Host: x\r\nX-Endless-")]
    public async Task An_endless_head_is_refused_at_the_limit(string start)
    {
        using RawClient client = await pool.Gateway.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\n{start}");

        for (int kib = 0; kib < 1024; kib++)
        {
            if (!await client.TrySendAsync(new string('a', 1024)))
            {
                break;
            }
        }

        Assert.Equal(431, (await client.ReadResponseAsync()).Status);
        await client.AssertClosedAsync();
    }

    private async Task AssertStatusAsync(string request, int status, ScriptedBackend backend)
    {
        using RawClient client = await pool.Gateway.ConnectAsync();
        await client.TrySendAsync(request);
        WireResponse response = await client.ReadResponseAsync();

        Assert.Equal(status, response.Status);
        Assert.Equal(status == 200 ? 1 : 0, backend.Requests.Count);
        if (status != 200)
        {
            Assert.Equal("Request Header Fields Too Large", response.Body);
            await client.AssertClosedAsync();
        }
    }

    /// <summary>A backend for each case.</summary>
    public sealed class Pool : BackendPool
    {
        /// <inheritdoc/>
        protected override int Count => 16;
    }
}
