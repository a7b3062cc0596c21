using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Hostile;

/// <summary>
/// Requests made to be read in two ways, over real sockets: what the backend then saw must be nothing, or have one meaning only
/// (spec: the rules above all others, 1).
/// </summary>
public sealed class HostileRequestTests(HostileRequestTests.Pool pool) : IClassFixture<HostileRequestTests.Pool>
{
    public static IEnumerable<TheoryDataRow<HostileRequest>> RefusedOutright => Rows(HostileRequests.RefusedOutright);

    public static IEnumerable<TheoryDataRow<HostileRequest>> RefusedInTheBody => Rows(HostileRequests.RefusedInTheBody);

    public static IEnumerable<TheoryDataRow<HostileRequest>> RefusedOrClear => Rows(HostileRequests.RefusedOrClear);

    [Theory]
    [MemberData(nameof(RefusedOutright))]
    public async Task A_hostile_head_is_refused_and_nothing_reaches_the_backend(HostileRequest request)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.TrySendAsync(TextOf(request, host));
        WireResponse response = await client.ReadResponseAsync();
        if (response.Status is not (200 or 404))
        {
            await client.AssertClosedAsync();
        }

        Assert.Contains(response.Status, request.Statuses);
        Assert.Equal("", backend.Received);
    }

    [Theory]
    [MemberData(nameof(RefusedInTheBody))]
    public async Task A_hostile_body_is_never_completed_towards_the_backend(HostileRequest request)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.TrySendAsync(TextOf(request, host));
        WireResponse response = await client.ReadResponseAsync();
        await client.AssertClosedAsync();

        Assert.Contains(response.Status, request.Statuses);
        await Eventually.HoldsAsync(
            () => backend.Connections.All(connection => connection.Closed.IsCompleted), "the unfinished upstream connections are closed");
        Assert.Empty(backend.Requests);
    }

    [Theory]
    [MemberData(nameof(RefusedOrClear))]
    public async Task An_odd_request_is_refused_or_arrives_in_one_clear_meaning(HostileRequest request)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.TrySendAsync(TextOf(request, host));
        WireResponse response = await client.ReadResponseAsync();

        Assert.Contains(response.Status, request.Statuses);
        backend.AssertSawNothingAmbiguous();
        if (response.Status != 200)
        {
            await client.AssertClosedAsync();
            Assert.Equal("", backend.Received);
            return;
        }

        BackendRequest seen = backend.SingleRequest;
        Assert.Equal(("POST", "/hostile", "hello"), (seen.Method, seen.Target, seen.Body));
        Assert.StartsWith(host, seen.Headers["host"], StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(seen.Headers, field => field.Key.Equals("upgrade", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Each_hostile_head_is_refused_also_when_it_arrives_byte_by_byte()
    {
        foreach (HostileRequest request in HostileRequests.RefusedOutright.Where(request => request.Text.Length < 200))
        {
            using RawClient client = await pool.Gateway.ConnectAsync();
            foreach (char c in TextOf(request, "nobody.test"))
            {
                if (!await client.TrySendAsync(c.ToString()))
                {
                    break;
                }
            }

            WireResponse response = await client.ReadResponseAsync();
            Assert.True(request.Statuses.Contains(response.Status), $"{request.Name}: {response.StatusLine}");
        }
    }

    private static string TextOf(HostileRequest request, string host) => request.Text
        .Replace("{host}", host, StringComparison.Ordinal)
        .Replace("{HOST}", host.ToUpperInvariant(), StringComparison.Ordinal);

    private static IEnumerable<TheoryDataRow<HostileRequest>> Rows(HostileRequest[] requests) =>
        requests.Select(request => new TheoryDataRow<HostileRequest>(request) { Label = request.Name });

    /// <summary>A backend for each case.</summary>
    public sealed class Pool : BackendPool
    {
        /// <inheritdoc/>
        protected override int Count =>
            HostileRequests.RefusedOutright.Length + HostileRequests.RefusedInTheBody.Length + HostileRequests.RefusedOrClear.Length + 1;
    }
}
