using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Exchanges;

/// <summary>Ordinary HTTP/1.1 through the gateway, message by message.</summary>
public sealed class ExchangeTests(ExchangeTests.Pool pool) : IClassFixture<ExchangeTests.Pool>
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task A_connection_serves_many_requests_and_the_backend_connection_too()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();

        for (int i = 0; i < 20; i++)
        {
            WireResponse response = await client.ExchangeAsync($"GET /{i} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.Equal((200, "ok"), (response.Status, response.Body));
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"/{i}"), backend.Requests.Select(request => request.Target));
        Assert.Single(backend.Connections);
        backend.AssertSawNothingAmbiguous();
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = request => $"HTTP/1.1 200 OK\r\ncontent-length: {request.Target.Length}\r\n\r\n{request.Target}";
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync(string.Concat(Enumerable.Range(0, 10).Select(i => i % 2 == 0
            ? $"GET /{i} HTTP/1.1\r\nHost: {host}\r\n\r\n"
            : $"POST /{i} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n\r\nabc")));

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal($"/{i}", (await client.ReadResponseAsync()).Body);
        }
    }

    [Fact]
    public async Task Junk_after_a_request_is_refused_and_the_request_is_not()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\njunk\r\n\r\n");
        WireResponse first = await client.ReadResponseAsync();
        WireResponse second = await client.ReadResponseAsync();
        await client.AssertClosedAsync();

        Assert.Equal((200, 400), (first.Status, second.Status));
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task After_connection_close_nothing_more_is_read()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"GET /first HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\nGET /second HTTP/1.1\r\nHost: {host}\r\n\r\n");
        WireResponse response = await client.ReadResponseAsync();
        await client.AssertClosedAsync();

        Assert.Equal("close", response.Headers["connection"]);
        Assert.Equal("/first", backend.SingleRequest.Target);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public async Task A_request_may_arrive_in_pieces(int pieceLength)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendInPiecesAsync($"POST /p HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", pieceLength);
        WireResponse response = await client.ReadResponseAsync();

        Assert.Equal(200, response.Status);
        Assert.Equal("hello world", backend.SingleRequest.Body);
        backend.AssertSawNothingAmbiguous();
    }

    [Fact]
    public async Task Large_bodies_pass_both_ways_unchanged()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        string body = new([.. Enumerable.Range(0, 3 * MiB).Select(i => (char)('a' + (i * 31 % 23)))]);
        backend.Answer = request => $"HTTP/1.1 200 OK\r\ncontent-length: {request.BodyBytes.Length}\r\n\r\n{request.Body}";

        WireResponse withLength = await pool.Gateway.ExchangeAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        backend.Answer = request => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{request.BodyBytes.Length:x}\r\n{request.Body}\r\n0\r\n\r\n";
        WireResponse chunked = await pool.Gateway.ExchangeAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n");

        Assert.True(withLength.Body == body, "the body with a length came back changed");
        Assert.True(chunked.Body == body, "the chunked body came back changed");
        backend.AssertSawNothingAmbiguous();
    }

    [Fact]
    public async Task A_body_streams_on_before_it_is_complete()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        var firstPart = new TaskCompletionSource<string>();
        backend.Script = async connection =>
        {
            await connection.ReadHeadAsync();
            firstPart.SetResult(await connection.Reader.ReadLineAsync(connection.Stopping) + " " +
                Encoding.ASCII.GetString(await connection.Reader.ReadExactlyAsync(5, connection.Stopping)));
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
            await connection.UntilClosedByGatewayAsync();
        };
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");

        Assert.Equal("5 hello", await firstPart.Task.WithinPatienceAsync("the backend sees the first part"));
        (string statusLine, _) = (await client.Reader.ReadHeadAsync(TestContext.Current.CancellationToken))!.Value;
        Assert.Equal("HTTP/1.1 200 OK", statusLine);
        Assert.Equal("3", await client.Reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_slow_reader_holds_the_backend_back()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        const int Total = 256 * MiB;
        long sent = 0;
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Total}\r\n\r\n");
            byte[] block = new byte[64 * 1024];
            for (; Volatile.Read(ref sent) < Total; Interlocked.Add(ref sent, block.Length))
            {
                await connection.SendAsync(block);
            }
        };
        using RawClient client = await RawClient.ConnectAsync(pool.Gateway.At(8080), receiveBuffer: 16 * 1024);

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        await Eventually.HoldsAsync(() => Volatile.Read(ref sent) > 0, "the backend starts to send");
        long last = -1;
        await Eventually.HoldsAsync(
            async () =>
            {
                long before = Interlocked.Exchange(ref last, Volatile.Read(ref sent));
                await Task.Delay(200, TestContext.Current.CancellationToken); // long against a loopback transfer: no progress in it means held back
                return before == Volatile.Read(ref sent);
            },
            () => "the backend comes to a stop");

        Assert.InRange(last, 1, 32 * MiB); // kernel buffers of two connections and one bounded buffer of the gateway
        int read = (await client.Reader.ReadExactlyAsync(1, TestContext.Current.CancellationToken)).Length;
        Assert.Equal(1, read);
    }

    [Fact]
    public async Task A_slow_backend_holds_the_client_back()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        var mayRead = new TaskCompletionSource();
        backend.Script = async connection =>
        {
            await connection.ReadHeadAsync();
            await mayRead.Task;
            await connection.Reader.ReadExactlyAsync(64 * MiB, connection.Stopping);
            await connection.SendAsync(ScriptedBackend.Ok);
        };
        using RawClient client = await pool.Gateway.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {64 * MiB}\r\n\r\n");
        long sent = 0;
        async Task SendAllAsync()
        {
            byte[] block = new byte[64 * 1024];
            for (; Volatile.Read(ref sent) < 64 * MiB; Interlocked.Add(ref sent, block.Length))
            {
                await client.SendAsync(block);
            }
        }

        Task sending = SendAllAsync();

        long last = -1;
        await Eventually.HoldsAsync(
            async () =>
            {
                long before = Interlocked.Exchange(ref last, Volatile.Read(ref sent));
                await Task.Delay(200, TestContext.Current.CancellationToken);
                return before == Volatile.Read(ref sent);
            },
            () => "the client comes to a stop");
        Assert.InRange(last, 1, 32 * MiB);

        mayRead.SetResult();
        await sending.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Expect_100_continue_asks_the_backend()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Script = async connection =>
        {
            (_, WireHeaders headers) = (await connection.ReadHeadAsync())!.Value;
            Assert.Equal("100-continue", headers["expect"]);
            await connection.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            byte[] body = await connection.Reader.ReadExactlyAsync(5, connection.Stopping);
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{Encoding.ASCII.GetString(body)}");
            await connection.UntilClosedByGatewayAsync();
        };
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        WireResponse interim = await client.ReadResponseAsync();
        await client.SendAsync("hello");
        WireResponse response = await client.ReadResponseAsync();

        Assert.Equal(100, interim.Status);
        Assert.Equal((200, "hello"), (response.Status, response.Body));
    }

    [Fact]
    public async Task Expect_100_continue_may_be_answered_with_a_refusal_and_the_body_never_comes()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Script = async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
            await connection.UntilClosedByGatewayAsync();
        };
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        WireResponse response = await client.ReadResponseAsync();

        Assert.Equal(401, response.Status);
    }

    [Fact]
    public async Task An_early_answer_reaches_the_client_and_the_rest_of_the_request_reaches_nobody_else()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Script = async connection =>
        {
            if (backend.Connections.Count > 1)
            {
                while (await connection.ReadRequestAsync() is not null)
                {
                    await connection.SendAsync(ScriptedBackend.Ok);
                }

                return;
            }

            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
            await connection.UntilClosedByGatewayAsync();
        };
        using (RawClient client = await pool.Gateway.ConnectAsync())
        {
            await client.SendAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\nstart");
            WireResponse early = await client.ReadResponseAsync();
            Assert.Equal((413, "big"), (early.Status, early.Body));
        }

        WireResponse next = await pool.Gateway.GetAsync(host, "/next");

        Assert.Equal((200, "ok"), (next.Status, next.Body));
        Assert.Equal("/next", backend.SingleRequest.Target);
    }

    [Fact]
    public async Task HEAD_has_the_length_and_no_body()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = request => request.Method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n" : ScriptedBackend.Ok;
        using RawClient client = await pool.Gateway.ConnectAsync();

        WireResponse head = await client.ExchangeAsync($"HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        WireResponse get = await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.Equal((200, "12345"), (head.Status, head.Headers["content-length"]));
        Assert.Equal((200, "ok"), (get.Status, get.Body));
        Assert.Single(backend.Connections);
    }

    [Fact]
    public async Task A_client_that_leaves_cancels_its_request_upstream()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        var arrived = new TaskCompletionSource();
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            arrived.SetResult();
            await connection.UntilClosedByGatewayAsync();
        };
        RawClient client = await pool.Gateway.ConnectAsync();
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        await arrived.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        client.Reset();

        await Eventually.HoldsAsync(() => backend.Connections[0].Closed.IsCompleted, "the gateway closes the upstream connection");
    }

    [Fact]
    public async Task An_upload_cut_short_is_never_completed()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        foreach (string framing in (string[])["Content-Length: 100\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"])
        {
            RawClient client = await pool.Gateway.ConnectAsync();
            int before = backend.Connections.Count;
            await client.SendAsync($"POST / HTTP/1.1\r\nHost: {host}\r\n{framing}");
            await Eventually.HoldsAsync(() => backend.Connections.Count > before && backend.Received.EndsWith("half", StringComparison.Ordinal) || backend.Received.EndsWith("half\r\n", StringComparison.Ordinal), "the first part arrives");

            client.Dispose();

            await Eventually.HoldsAsync(() => backend.Connections.All(connection => connection.Closed.IsCompleted), "the gateway closes the upstream connection");
        }

        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task Requests_at_the_same_time_get_their_own_answers()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = request => $"HTTP/1.1 200 OK\r\ncontent-length: {request.Target.Length}\r\n\r\n{request.Target}";

        await Task.WhenAll(Enumerable.Range(0, 32).Select(async id =>
        {
            using RawClient client = await pool.Gateway.ConnectAsync();
            for (int i = 0; i < 50; i++)
            {
                WireResponse response = await client.ExchangeAsync($"GET /{id}/{i} HTTP/1.1\r\nHost: {host}\r\n\r\n");
                Assert.Equal($"/{id}/{i}", response.Body);
            }
        }));

        Assert.Equal(32 * 50, backend.Requests.Count);
        Assert.InRange(backend.Connections.Count, 1, 64);
    }

    [Fact]
    public async Task Bytes_of_every_kind_survive_in_values_and_bodies()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        string value = new([.. Enumerable.Range(0x21, 0x7e - 0x21 + 1).Concat(Enumerable.Range(0x80, 0x80)).Select(i => (char)i)]);
        byte[] body = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nX-Odd: {value}\r\nContent-Length: 256\r\n\r\n");
        await client.SendAsync(body);
        WireResponse response = await client.ReadResponseAsync();

        Assert.Equal(200, response.Status);
        Assert.Equal(value, backend.SingleRequest.Headers["x-odd"]);
        Assert.Equal(body, backend.SingleRequest.BodyBytes);
    }

    [Fact]
    public async Task The_host_is_found_without_case_and_without_its_port()
    {
        (ScriptedBackend backend, string host) = pool.Take();

        foreach (string name in (string[])[host.ToUpperInvariant(), $"{host}:8080", $"{host}:80", $"{host}:12345"])
        {
            Assert.Equal(200, (await pool.Gateway.GetAsync(name)).Status);
        }

        Assert.Equal(4, backend.Requests.Count);
    }

    /// <remarks>
    /// Edge.md, B05: HTTP/1.1 has no half-closed clients. As in Envoy, a FIN while a request is under way says that the client has
    /// left: nobody can tell it from the FIN of a client that is gone, for which the upstream should not work on.
    /// </remarks>
    [Fact]
    public async Task A_client_that_closes_its_half_has_left_and_its_request_is_cancelled()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        var arrived = new TaskCompletionSource();
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            arrived.SetResult();
            await connection.UntilClosedByGatewayAsync();
        };
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"GET /half-closed HTTP/1.1\r\nHost: {host}\r\n\r\n");
        await arrived.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        client.FinishSending();

        await client.AssertClosedAsync();
        await Eventually.HoldsAsync(() => backend.Connections[0].Closed.IsCompleted, "the gateway closes the upstream connection");
        Assert.Contains(" 0 DC downstream_remote_disconnect ", await pool.Gateway.LogsAsync("/half-closed"));
    }

    /// <summary>A backend for each case.</summary>
    public sealed class Pool : BackendPool;
}
