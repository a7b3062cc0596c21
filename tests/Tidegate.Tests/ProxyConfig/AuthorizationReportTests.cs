using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Rbac.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;
using Tidegate.Tests.Commands;
using Action = Envoy.Config.Rbac.V3.RBAC.Types.Action;
using Filter = Envoy.Config.Listener.V3.Filter;
using HttpRbac = Envoy.Extensions.Filters.Http.Rbac.V3.RBAC;
using NetworkRbac = Envoy.Extensions.Filters.Network.Rbac.V3.RBAC;

namespace Tidegate.Tests.ProxyConfig;

/// <summary>The table of <c>x authz check</c> (cli.md, 6.6).</summary>
public sealed class AuthorizationReportTests
{
    [Fact]
    public async Task Policies_are_told_by_action_and_name_with_their_rules()
    {
        string dump = new Dump().With(ListenerOf(
            Http(new HttpRbac { ShadowRules = Rules(Action.Deny, "istio-ext-authz-login-ns[prod]-policy[ask]-rule[0]") }),
            Http(new HttpRbac { Rules = Rules(Action.Log, "ns[prod]-policy[note]-rule[0]") }),
            Http(new HttpRbac { Rules = Rules(Action.Deny, "ns[prod]-policy[b]-rule[0]", "ns[prod]-policy[a]-rule[0]", "ns[prod]-policy[a]-rule[10]"), ShadowRules = Rules(Action.Deny, "ns[prod]-policy[tried]-rule[0]") }),
            Http(new HttpRbac { Rules = Rules(Action.Allow) }),
            Http(new HttpRbac { Rules = Rules(Action.Allow, "somebody's own") }))).With(Tcp()).ToJson(ProtoJsonForm.ProtoNames);

        Assert.Equal(
            """
            ACTION           AuthorizationPolicy         RULES
            DENY             a.prod                      2
            DENY             b.prod                      1
            DENY             bytes.prod                  1
            ALLOW            _anonymous_match_nothing_   1
            ALLOW            somebody's own              1
            LOG              note.prod                   1
            CUSTOM           ask.prod                    1
            DENY (dry run)   tried.prod                  1

            """,
            (await CommandRun.WithInputAsync(dump, "x", "authz", "check", "-f", "-")).Succeeded);
    }

    [Fact]
    public async Task A_gateway_or_a_file_has_to_be_named()
    {
        Assert.Contains("check requires pod name or --file parameter", (await CommandRun.OfAsync("experimental", "authz", "check")).Failed, StringComparison.Ordinal);
        Assert.Contains("config dump has no configuration type", (await CommandRun.WithInputAsync("{\"configs\": []}", "x", "authz", "check", "-f", "-")).Failed, StringComparison.Ordinal);
    }

    private static RBAC Rules(Action action, params string[] names)
    {
        var rules = new RBAC { Action = action };
        foreach (string name in names)
        {
            rules.Policies[name] = new Policy();
        }

        return rules;
    }

    private static HttpFilter Http(HttpRbac rbac) => new() { Name = "envoy.filters.http.rbac", TypedConfig = Any.Pack(rbac) };

    private static Listener ListenerOf(params HttpFilter[] filters) => new()
    {
        Name = "0.0.0.0_8080",
        Address = new Address { SocketAddress = new SocketAddress { Address = "0.0.0.0", PortValue = 8080 } },
        FilterChains = { new FilterChain { Filters = { new Filter { Name = "http", TypedConfig = Any.Pack(new HttpConnectionManager { HttpFilters = { filters } }) } } } },
    };

    private static Listener Tcp() => new()
    {
        Name = "0.0.0.0_31400",
        Address = new Address { SocketAddress = new SocketAddress { Address = "0.0.0.0", PortValue = 31400 } },
        FilterChains = { new FilterChain { Filters = { new Filter { Name = "rbac", TypedConfig = Any.Pack(new NetworkRbac { Rules = Rules(Action.Deny, "ns[prod]-policy[bytes]-rule[0]") }) } } } },
    };
}
