using System.Collections.Concurrent;

namespace Tidegate.Tests.Security;

/// <summary>
/// What becomes of a request by the policies that are in force (security-envoy.md 3 to 6, 8, 10 and 12; istio-gateway.md 7; edge.md 2e): decisions.yaml, row by row, through the
/// translation and the data plane.
/// </summary>
public sealed class DecisionTests(DecisionTests.Gateways gateways) : IClassFixture<DecisionTests.Gateways>
{
    public static TheoryData<string, string, int> Rows =>
        [.. DecisionEntry.All.Values.SelectMany(static entry => entry.Rows, static (entry, row) => (entry.Name, row.Request, row.Status))];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_request_is_decided_as_the_table_says(string policies, string request, int status)
    {
        DecisionGateway gateway = await gateways.OfAsync(policies);

        Assert.Equal(status, await gateway.StatusAsync(DecisionRequest.Parse(request), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_table_is_not_shorter_than_it_was() => Assert.InRange(Rows.Count, 300, int.MaxValue);

    /// <summary>A gateway for each set of policies, made when the first of its rows needs it.</summary>
    public sealed class Gateways : IAsyncLifetime
    {
        private readonly ConcurrentDictionary<string, Lazy<Task<DecisionGateway>>> _gateways = new();

        internal Task<DecisionGateway> OfAsync(string policies) =>
            _gateways.GetOrAdd(policies, static name => new Lazy<Task<DecisionGateway>>(() => DecisionGateway.StartAsync(DecisionEntry.All[name]))).Value;

        /// <inheritdoc/>
        public ValueTask InitializeAsync() => default;

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            foreach (Lazy<Task<DecisionGateway>> gateway in _gateways.Values)
            {
                await (await gateway.Value).DisposeAsync();
            }
        }
    }
}
