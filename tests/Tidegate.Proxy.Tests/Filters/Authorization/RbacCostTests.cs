using System.Net;
using Envoy.Extensions.Filters.Http.Rbac.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.Authorization;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Tests.Runtime;

namespace Tidegate.Proxy.Tests.Filters.Authorization;

/// <summary>What a decision by many policies costs of memory: nothing.</summary>
public sealed class RbacCostTests
{
    [Theory]
    [InlineData("ALLOW", 99)]
    [InlineData("DENY", 100)]
    public async Task A_decision_by_a_hundred_policies_takes_no_memory(string action, int fitting)
    {
        // As istiod writes a rule of a path, a method, a field and a source.
        string policies = string.Join(",\n", Enumerable.Range(0, 100).Select(i => $$$$"""
            "ns[prod]-policy[p]-rule[{{{{i:000}}}}]": {
              "permissions": [{"andRules": {"rules": [
                {"orRules": {"rules": [{"urlPath": {"path": {"exact": "/{{{{(i == fitting ? "" : $"area/{i}")}}}}"}}}, {"urlPath": {"path": {"prefix": "/tree/{{{{i}}}}/"}}}]}},
                {"orRules": {"rules": [{"header": {"name": ":method", "stringMatch": {"exact": "GET"}}}]}},
                {"notRule": {"orRules": {"rules": [{"header": {"name": "x-not", "stringMatch": {"exact": "here"}}}]}}}]}}],
              "principals": [{"andIds": {"ids": [{"orIds": {"ids": [{"remoteIp": {"addressPrefix": "127.0.0.0", "prefixLen": 8}}]}}]}}]}
            """));
        var config = XdsJson.Parse<RBAC>($$$$"""{"rules": {"action": "{{{{action}}}}", "policies": { {{{{policies}}}} } }, "shadowRules": {"action": "{{{{action}}}}", "policies": { {{{{policies}}}} } }}""");
        RbacFilter filter = RbacCompiler.Compile(config, FilterParts.Of(new ClusterSlotTable()), new CompileReport().Resource.Scope);
        long allocated = -1;
        var measure = new Probe(run => allocated = Allocations.Of(() =>
        {
            ValueTask<LocalReply?> call = filter.OnRequestAsync(run);
            Assert.True(call.IsCompletedSuccessfully);
            Assert.Null(call.Result);
        }));
        await using FilterGateway gateway = await FilterGateway.StartAsync("", first: measure);

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/")).StatusCode);

        Assert.Equal(0, allocated);
    }

    private sealed class Probe(Action<FilterRun> onRequest) : HttpFilter
    {
        public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
        {
            onRequest(run);
            return default;
        }
    }
}
