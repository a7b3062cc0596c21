using System.Net;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>The tools of the other tests, tested without a gateway between client and backend.</summary>
public sealed class HarnessTests
{
    [Fact]
    public async Task Client_and_backend_understand_each_other()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(IPAddress.Loopback);
        using RawClient client = await RawClient.ConnectAsync(backend.EndPoint);

        WireResponse first = await client.ExchangeAsync("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        backend.Answer = _ => "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
        WireResponse second = await client.ExchangeAsync("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nyo");

        Assert.Equal((200, "ok"), (first.Status, first.Body));
        Assert.Equal((201, "hi"), (second.Status, second.Body));
        Assert.Equal(["/a abc", "/b yo"], backend.Requests.Select(request => $"{request.Target} {request.Body}"));
        backend.AssertSawNothingAmbiguous();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n0")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\n\r\n")]
    [InlineData("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task Ambiguous_requests_are_violations(string request)
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(IPAddress.Loopback);
        using RawClient client = await RawClient.ConnectAsync(backend.EndPoint);

        await client.SendAsync(request);
        await client.AssertClosedAsync();

        Assert.ThrowsAny<Exception>(backend.AssertSawNothingAmbiguous);
    }
}
