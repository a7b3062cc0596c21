using System.Net;
using Tidegate.Proxy.Inspection;

namespace Tidegate.Tests.Security;

/// <summary>Which policies are in force, how often each has fitted, and what they make of a request that is only asked about.</summary>
public sealed class PolicyInspectionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Policies_are_told_with_how_often_each_has_fitted()
    {
        await using DecisionGateway gateway = await DecisionGateway.StartAsync(DecisionEntry.All["DENY comes before ALLOW"]);
        await gateway.StatusAsync(DecisionRequest.Parse("GET /a"), Cancellation);
        await gateway.StatusAsync(DecisionRequest.Parse("GET /abc"), Cancellation);
        await gateway.StatusAsync(DecisionRequest.Parse("GET /ab"), Cancellation);

        PolicyState[] plain = [.. gateway.Proxy.PolicyStates.Where(static state => state.Listener == "0.0.0.0_8080")];

        Assert.Equal([("DENY", "ns[istio-system]-policy[p1]-rule[0]", 1), ("ALLOW", "ns[istio-system]-policy[p0]-rule[0]", 2)], plain.Select(static state => (state.Action, state.Policy, state.Matched)));
        Assert.Contains(gateway.Proxy.Stats.Sample().Samples, static sample =>
            sample.FullName == "http.outbound_0.0.0.0_8080;.rbac.policy.ns[istio-system]-policy[p1]-rule[0].denied" && sample.Value == 1);
    }

    [Theory]
    [InlineData("/a", "ALLOW", "ns[istio-system]-policy[p0]-rule[0]", "allowed")]
    [InlineData("/x/../ab?c=d", "DENY", "ns[istio-system]-policy[p1]-rule[0]", "403: denied")]
    [InlineData("/b", "ALLOW", "", "403: denied")]
    public async Task A_request_can_be_asked_about(string path, string action, string policy, string decision)
    {
        await using DecisionGateway gateway = await DecisionGateway.StartAsync(DecisionEntry.All["DENY comes before ALLOW"]);

        IReadOnlyList<PolicyDecision> decisions = gateway.Proxy.DecideByPolicies(new PolicyQuestion("GET", "app.test", path) { Port = 8080 });

        PolicyDecision last = decisions.Last(static one => one.Action != "ROUTE");
        Assert.Equal((action, policy, decision), (last.Action, last.Policy, last.Decision));
        Assert.Equal(decision == "allowed", decisions[^1].Action == "ROUTE");
        Assert.All(gateway.Proxy.PolicyStates, static state => Assert.Equal(0, state.Matched));
    }

    [Fact]
    public async Task What_a_token_would_say_can_be_asked_about_and_who_sends_a_request()
    {
        await using DecisionGateway tokens = await DecisionGateway.StartAsync(DecisionEntry.All["readers and administrators"]);
        await using DecisionGateway peers = await DecisionGateway.StartAsync(DecisionEntry.All["who has connected"]);
        var question = new PolicyQuestion("POST", "app.test", "/api") { Port = 8080 };

        Assert.Equal("403: denied", tokens.Proxy.DecideByPolicies(question)[^1].Decision);
        Assert.Equal("ROUTE", tokens.Proxy.DecideByPolicies(question with { Claims = """{"iss": "one", "sub": "boss", "group": ["admin"]}""" })[^1].Action);
        Assert.Equal("403: denied", peers.Proxy.DecideByPolicies(question with { From = IPAddress.Parse("127.0.0.5") })[^1].Decision);
        Assert.Equal("ROUTE", peers.Proxy.DecideByPolicies(question with { From = IPAddress.Parse("127.0.0.6") })[^1].Action);
        Assert.StartsWith("400", tokens.Proxy.DecideByPolicies(question with { Path = "no slash" })[^1].Decision, StringComparison.Ordinal);
    }
}
