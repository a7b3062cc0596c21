using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Routes;

/// <summary><c>headers</c> of routes and destinations, and destinations by weight (istio-gateway.md, 4.4 and 4.5).</summary>
public sealed class HeaderOperationTests(HeaderOperationTests.Fixture routes) : IClassFixture<HeaderOperationTests.Fixture>
{
    [Fact]
    public async Task Request_fields_are_removed_then_set_then_added()
    {
        EchoedRequest seen = await routes.EchoAsync("ops.test", "/", "x-set: old", "x-set: older", "x-add: client", "x-gone: 1", "X-Gone: 2", "x-kept: yes");

        Assert.Equal(["new"], seen.Headers.All("x-set"));
        Assert.Equal(["client", "route"], seen.Headers.All("x-add"));
        Assert.False(seen.Headers.Has("x-gone"));
        Assert.Equal("yes", seen.Headers["x-kept"]);
        Assert.Equal("100%", seen.Headers["x-percent"]);
    }

    [Fact]
    public async Task Response_fields_are_removed_then_set_then_added()
    {
        WireResponse response = (await routes.EchoAsync("ops.test", "/", "x-answer-fields: x-set=old;x-add=backend;x-gone=1;x-kept=yes")).Response;

        Assert.Equal(["new"], response.Headers.All("x-set"));
        Assert.Equal(["backend", "route"], response.Headers.All("x-add"));
        Assert.False(response.Headers.Has("x-gone"));
        Assert.Equal("yes", response.Headers["x-kept"]);
    }

    [Fact]
    public async Task Values_are_made_of_the_request()
    {
        EchoedRequest seen = await routes.EchoAsync("ops.test", "/variables?q=1", "x-user: ann", "x-set: before");

        Assert.Equal("127.", seen.Headers["x-peer"]![..4]);
        Assert.Equal("ann@ops.test via HTTP/1.1", seen.Headers["x-who"]);
        Assert.Equal("/variables?q=1", seen.Headers["x-path"]);
        Assert.Equal("before", seen.Headers["x-old-set"]); // as it was before this level's changes
        Assert.False(seen.Headers.Has("x-nothing")); // no value, no field
        Assert.Equal("outbound|80||one.svc", seen.Response.Headers["x-cluster"]);
        Assert.Equal("200", seen.Response.Headers["x-status"]);
        Assert.Equal("ann", seen.Response.Headers["x-asked-by"]);
    }

    [Fact]
    public async Task The_host_is_set_like_a_field()
    {
        Assert.Equal("renamed.example", (await routes.EchoAsync("host.test", "/")).Headers["host"]);
    }

    [Fact]
    public async Task Fields_of_a_single_destination_follow_those_of_the_route()
    {
        EchoedRequest seen = await routes.EchoAsync("single.test", "/");

        Assert.Equal(["route", "destination"], seen.Headers.All("x-level"));
        Assert.Equal("destination", seen.Response.Headers["x-from"]);
    }

    [Fact]
    public async Task Weights_share_the_requests_out_and_each_destination_has_its_fields()
    {
        const int Requests = 600;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        using RawClient client = await routes.Gateway.ConnectAsync();
        for (int i = 0; i < Requests; i++)
        {
            EchoedRequest seen = EchoedRequest.Of(await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: weights.test\r\n\r\n"));
            counts[seen.Service] = counts.GetValueOrDefault(seen.Service) + 1;
            Assert.Equal([seen.Service, "route"], seen.Headers.All("x-level")); // the destination's before the route's
            Assert.Equal(seen.Service, seen.Response.Headers["x-from"]);
        }

        // 3:1, of which a sixth (5 standard deviations and more) may go the other way; the one with weight 0 gets nothing.
        Assert.Equal(["one", "two"], counts.Keys.Order());
        Assert.InRange(counts["one"], 390, 510);
    }

    [Fact]
    public async Task A_weight_of_zero_counts_for_nothing_where_it_is_the_only_one() =>
        Assert.Equal("one", (await routes.EchoAsync("zero.test", "/")).Service);

    [Fact]
    public async Task An_answer_of_the_gateway_on_a_route_has_the_routes_fields()
    {
        WireResponse response = await routes.GetAsync("missing.test", "/");

        Assert.Equal((503, "route"), (response.Status, response.Headers["x-from"]));
        Assert.Equal("503", response.Headers["x-status"]);
    }

    /// <summary>The VirtualServices of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["one", "two", "three"];

        /// <inheritdoc/>
        protected override string Routes => """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: ops, namespace: default}
            spec:
              hosts: [ops.test]
              gateways: [edge]
              http:
              - match: [{uri: {prefix: /variables} }]
                headers:
                  request:
                    set:
                      x-set: new
                      x-peer: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
                      x-who: "%REQ(x-user)%@%REQ(:AUTHORITY)% via %PROTOCOL%"
                      x-path: "%REQ(:PATH)%"
                      x-old-set: "%REQ(x-set)%"
                      x-nothing: "%REQ(x-not-there)%"
                  response:
                    set: {x-cluster: "%UPSTREAM_CLUSTER%", x-status: "%RESPONSE_CODE%", x-asked-by: "%REQ(x-user)%"}
                route: [{destination: {host: one.svc} }]
              - headers:
                  request: {set: {x-set: new, x-percent: "100%%"}, add: {x-add: route}, remove: [x-gone]}
                  response: {set: {x-set: new}, add: {x-add: route}, remove: [x-gone]}
                route: [{destination: {host: one.svc} }]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: host, namespace: default}
            spec:
              hosts: [host.test]
              gateways: [edge]
              http:
              - headers: {request: {set: {Host: renamed.example} } }
                route: [{destination: {host: one.svc} }]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: single, namespace: default}
            spec:
              hosts: [single.test]
              gateways: [edge]
              http:
              - headers: {request: {add: {x-level: route} } }
                route:
                - destination: {host: one.svc}
                  headers: {request: {add: {x-level: destination} }, response: {set: {x-from: destination} } }
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: weights, namespace: default}
            spec:
              hosts: [weights.test]
              gateways: [edge]
              http:
              - headers: {request: {add: {x-level: route} } }
                route:
                - destination: {host: one.svc}
                  weight: 75
                  headers: {request: {add: {x-level: one} }, response: {set: {x-from: one} } }
                - destination: {host: two.svc}
                  weight: 25
                  headers: {request: {add: {x-level: two} }, response: {set: {x-from: two} } }
                - destination: {host: three.svc}
                  weight: 0
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: zero, namespace: default}
            spec:
              hosts: [zero.test]
              gateways: [edge]
              http:
              - route: [{destination: {host: one.svc}, weight: 0}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: missing, namespace: default}
            spec:
              hosts: [missing.test]
              gateways: [edge]
              http:
              - headers: {response: {set: {x-from: route, x-status: "%RESPONSE_CODE%"} } }
                route: [{destination: {host: nobody.svc} }]
            """;
    }
}
