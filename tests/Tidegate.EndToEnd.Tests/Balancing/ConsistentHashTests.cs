using System.Net;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Upstream;

namespace Tidegate.EndToEnd.Tests.Balancing;

/// <summary>
/// What becomes of the clients when one of n endpoints goes: those that it had move, of the others hardly one (the bound is 1/n + 5 % of
/// all). For each key that a DestinationRule can hash, and both algorithms.
/// </summary>
public sealed class ConsistentHashTests : IAsyncLifetime
{
    private const int Endpoints = 5;

    // So many that chance alone does not come near the bound: with 2,000 keys the share of the one that goes is 20 % with a standard
    // deviation of 1 % (0.9 % of the keys, 0.5 % of the ring's 8,192 places).
    private const int Keys = 2_000;

    private static readonly string[] Hosts = ["ring.test", "maglev.test", "cookie.test", "query.test", "query-maglev.test", "source.test"];

    private readonly NamedBackends _backends = new(Endpoints);

    [Fact]
    public async Task When_one_of_n_endpoints_goes_at_most_its_share_and_5_percent_of_keys_move()
    {
        // 1. Where every key leads.
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(ManifestsFor(Endpoints));
        await gateway.AnswersAsync(200, "turns.test");
        Dictionary<string, string[]> before = await AllPlacesAsync(gateway);
        Assert.All(before.Values, places => Assert.Equal(Endpoints, places.Distinct().Count()));

        // 2. The last endpoint goes.
        string gone = $"b{Endpoints - 1}";
        gateway.Apply("manifests.yaml", ManifestsFor(Endpoints - 1));
        await Eventually.HoldsAsync(
            async () =>
            {
                HashSet<string> reached = [];
                for (int i = 0; i < Endpoints * 2; i++)
                {
                    reached.Add((await gateway.GetAsync("turns.test")).Body);
                }

                return !reached.Contains(gone);
            },
            () => gateway.Log);

        // 3. Where every key leads now.
        foreach ((string host, string[] after) in await AllPlacesAsync(gateway))
        {
            int moved = Enumerable.Range(0, Keys).Count(key => before[host][key] != after[key]);
            int movedWithoutNeed = Enumerable.Range(0, Keys).Count(key => before[host][key] != gone && before[host][key] != after[key]);
            Assert.DoesNotContain(gone, after);
            Assert.True(moved <= (Keys / Endpoints) + (Keys / 20), $"{host}: {moved} of {Keys} keys moved");
            Assert.True(movedWithoutNeed <= Keys / 20, $"{host}: {movedWithoutNeed} of {Keys} keys moved without need");
        }
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backends.DisposeAsync();

    private static async Task<Dictionary<string, string[]>> AllPlacesAsync(GatewayProcess gateway) =>
        Hosts.Zip(await Task.WhenAll(Hosts.Select(host => PlacesAsync(gateway, host)))).ToDictionary(pair => pair.First, pair => pair.Second);

    private static async Task<string[]> PlacesAsync(GatewayProcess gateway, string host)
    {
        string[] places = new string[Keys];
        if (host == "source.test")
        {
            for (int key = 0; key < Keys; key++)
            {
                using RawClient own = await RawClient.ConnectAsync(gateway.At(8080), from: new IPAddress([127, 200, (byte)(key / 250), (byte)(1 + (key % 250))]));
                places[key] = await PlaceAsync(own, $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            }

            return places;
        }

        using RawClient client = await gateway.ConnectAsync();
        for (int key = 0; key < Keys; key++)
        {
            places[key] = await PlaceAsync(client, host switch
            {
                "cookie.test" => $"GET / HTTP/1.1\r\nHost: {host}\r\nCookie: session=client-{key}\r\n\r\n",
                "query.test" or "query-maglev.test" => $"GET /?id=client-{key} HTTP/1.1\r\nHost: {host}\r\n\r\n",
                _ => $"GET / HTTP/1.1\r\nHost: {host}\r\nX-User: client-{key}\r\n\r\n",
            });
        }

        return places;
    }

    private static async Task<string> PlaceAsync(RawClient client, string request)
    {
        WireResponse response = await client.ExchangeAsync(request);
        Assert.Equal(200, response.Status);
        return response.Body;
    }

    private string ManifestsFor(int endpoints)
    {
        const string Ring = "ringHash: {minimumRingSize: 8192}";
        string Hashed(string host, string settings) => _backends.Manifest(host, endpoints, $"loadBalancer: {{consistentHash: {{{settings}}}}}");
        return Manifests.HttpGateway()
            + _backends.Manifest("turns.test", endpoints, "loadBalancer: {simple: ROUND_ROBIN}")
            + Hashed("ring.test", $"httpHeaderName: x-user, {Ring}")
            + Hashed("maglev.test", "httpHeaderName: x-user, maglev: {tableSize: 16381}")
            + Hashed("cookie.test", $"httpCookie: {{name: session}}, {Ring}")
            + Hashed("query.test", $"httpQueryParameterName: id, {Ring}")
            + Hashed("query-maglev.test", "httpQueryParameterName: id, maglev: {tableSize: 65537}")
            + Hashed("source.test", $"useSourceIp: true, {Ring}");
    }
}
