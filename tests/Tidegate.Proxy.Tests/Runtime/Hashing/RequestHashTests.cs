using System.IO.Hashing;
using System.Numerics;
using System.Text;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.Hashing;
using Tidegate.Proxy.Tests.Routing;

namespace Tidegate.Proxy.Tests.Runtime.Hashing;

/// <summary>What a request is hashed by: istio-gateway.md 4.14, as Envoy computes it.</summary>
public sealed class RequestHashTests
{
    private List<byte[]>? _setCookies;

    [Fact]
    public void A_fields_value_is_hashed()
    {
        Assert.Equal(Hash("alice"), Compute("{'header': {'headerName': 'X-User'}}", "x-user: alice"));
        Assert.Null(Compute("{'header': {'headerName': 'X-User'}}"));
    }

    [Fact]
    public void The_order_of_a_repeated_fields_values_makes_no_difference() => Assert.Equal(
        Compute("{'header': {'headerName': 'x-user'}}", "x-user: a", "x-user: b"),
        Compute("{'header': {'headerName': 'x-user'}}", "x-user: b", "x-user: a"));

    [Fact]
    public void A_fields_value_can_be_rewritten_before() => Assert.Equal(
        Hash("tenant-7"),
        Compute("{'header': {'headerName': 'x-user', 'regexRewrite': {'pattern': {'regex': '^([^/]+)/.*$'}, 'substitution': '\\\\1'}}}", "x-user: tenant-7/alice"));

    [Fact]
    public void Path_and_authority_count_as_fields()
    {
        Assert.Equal(Hash("/a?q=1&id=7"), Compute("{'header': {'headerName': ':path'}}"));
        Assert.Equal(Hash("web.test"), Compute("{'header': {'headerName': ':authority'}}"));
        Assert.Equal(Hash("web.test"), Compute("{'header': {'headerName': 'Host'}}"));
    }

    [Fact]
    public void A_query_parameters_first_value_is_hashed()
    {
        Assert.Equal(Hash("7"), Compute("{'queryParameter': {'name': 'id'}}"));
        Assert.Null(Compute("{'queryParameter': {'name': 'other'}}"));
    }

    [Fact]
    public void The_clients_address_is_hashed_without_its_port() =>
        Assert.Equal(Hash("192.0.2.7"), Compute("{'connectionProperties': {'sourceIp': true}}"));

    [Theory]
    [InlineData("cookie: session=abc")]
    [InlineData("cookie: a=b; session=abc; c=d")]
    [InlineData("cookie: a=b;session=\"abc\"")]
    public void A_cookies_value_is_hashed(string field)
    {
        Assert.Equal(Hash("abc"), Compute("{'cookie': {'name': 'session', 'ttl': '60s'}}", field));
        Assert.Null(_setCookies);
    }

    [Fact]
    public void Without_a_time_to_live_no_cookie_is_made()
    {
        Assert.Null(Compute("{'cookie': {'name': 'session'}}", "cookie: other=1"));
        Assert.Null(_setCookies);
    }

    [Fact]
    public void A_cookie_that_is_made_leads_to_the_same_hash_when_it_comes_back()
    {
        ulong? first = Compute("{'cookie': {'name': 'session', 'ttl': '90s', 'path': '/shop', 'attributes': [{'name': 'SameSite', 'value': 'Strict'}, {'name': 'Secure'}]}}");
        string made = Encoding.UTF8.GetString(Assert.Single(_setCookies!));
        Assert.Matches("^session=\"[0-9a-f]{16}\"; Max-Age=90; Path=/shop; SameSite=Strict; Secure; HttpOnly$", made);

        string pair = made[..made.IndexOf(';', StringComparison.Ordinal)];
        Assert.Equal(first, Compute("{'cookie': {'name': 'session', 'ttl': '90s'}}", $"cookie: {pair}"));
    }

    [Fact]
    public void A_time_to_live_of_0_makes_a_session_cookie()
    {
        Assert.NotNull(Compute("{'cookie': {'name': 'session', 'ttl': '0s'}}"));
        Assert.Matches("^session=\"[0-9a-f]{16}\"; HttpOnly$", Encoding.UTF8.GetString(Assert.Single(_setCookies!)));
    }

    [Fact]
    public void Policies_are_combined_in_order() => Assert.Equal(
        BitOperations.RotateLeft(Hash("alice"), 1) ^ Hash("7"),
        Compute("{'header': {'headerName': 'x-user'}}, {'queryParameter': {'name': 'id'}}", "x-user: alice"));

    [Fact]
    public void A_terminal_policy_that_finds_something_is_the_last()
    {
        Assert.Equal(Hash("alice"), Compute("{'header': {'headerName': 'x-user'}, 'terminal': true}, {'queryParameter': {'name': 'id'}}", "x-user: alice"));
        Assert.Equal(Hash("7"), Compute("{'header': {'headerName': 'x-user'}, 'terminal': true}, {'queryParameter': {'name': 'id'}}"));
    }

    [Fact]
    public void A_hash_of_an_unknown_kind_is_refused() => Assert.Contains(
        "hash_policy[0]",
        Assert.Single(XdsJson.RouteReasons(Routes("{'filterState': {'key': 'k'}}"))),
        StringComparison.Ordinal);

    private static string Routes(string policies) =>
        $"{{'name': 'r', 'virtualHosts': [{{'name': 'h', 'domains': ['*'], 'routes': [{{'match': {{'prefix': '/'}}, 'route': {{'cluster': 'c', 'hashPolicy': [{policies}]}}}}]}}]}}";

    private static ulong Hash(string text) => XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(text));

    private ulong? Compute(string policies, params string[] fields)
    {
        RequestHead request = TestRequest.Get("web.test", "/a?q=1&id=7", fields);
        RuntimeRoute route = XdsJson.Routes(Routes(policies)).Match(request.ToRoute())!;
        _setCookies = null;
        return route.Hash!.Compute(new HashSource(request, Address("192.0.2.7:50000"), Address("198.51.100.1:4000"), Address("10.0.0.1:8080")), ref _setCookies);
    }

    private static NetAddress Address(string text) => NetAddress.From(System.Net.IPEndPoint.Parse(text));
}
