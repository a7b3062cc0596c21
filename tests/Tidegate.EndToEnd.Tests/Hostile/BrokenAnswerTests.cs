using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Hostile;

/// <summary>Backends that answer wrongly, on purpose or by accident: the client never gets a wrong answer that looks right.</summary>
public sealed class BrokenAnswerTests(BrokenAnswerTests.Pool pool) : IClassFixture<BrokenAnswerTests.Pool>
{
    /// <summary>Broken in the head, so that an answer of our own can take its place.</summary>
    /// <remarks>
    /// A status of 600 to 999 is not here: RFC 9110, 15 has a client take it for a 5xx, some sites send 999, and Envoy passes it on
    /// as it is. So do we; its framing is as clear as that of any other final answer.
    /// </remarks>
    public static IEnumerable<TheoryDataRow<string>> BrokenHeads => Rows(new()
    {
        ["content-length 2 and 3"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
        ["content-length list 2, 3"] = "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok!",
        ["content-length with plus"] = "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
        ["content-length negative"] = "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
        ["content-length words"] = "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
        ["content-length empty"] = "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok",
        ["content-length over 2^64"] = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551618\r\n\r\nok",
        ["content-length and transfer-encoding"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        ["transfer-encoding gzip"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        ["transfer-encoding twice"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ["space before the colon"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A : b\r\n\r\nok",
        ["obs-fold"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n c\r\n\r\nok",
        ["no colon"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A\r\n\r\nok",
        ["empty name"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n: b\r\n\r\nok",
        ["value with NUL"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\0c\r\n\r\nok",
        ["value with bare CR"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\rX-B: c\r\n\r\nok",
        ["value with bare LF"] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\nX-B: c\r\n\r\nok",
        ["all line ends are LF"] = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        ["garbage"] = "\x01\x02\x03 this is not HTTP\r\n\r\n",
        ["HTTP/0.9"] = "<html>ok</html>\r\n\r\n",
        ["status of two digits"] = "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok",
        ["status of four digits"] = "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
        ["status 000"] = "HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok",
        ["version 2.0"] = "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ["version 1,1"] = "HTTP/1,1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ["no version"] = "200 OK\r\nContent-Length: 2\r\n\r\nok",
        ["unsolicited 101"] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ["header of 100 KiB"] = $"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: {new string('a', 100 * 1024)}\r\n\r\nok",
        ["2,000 fields"] = $"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{string.Concat(Enumerable.Repeat("X-A: b\r\n", 2000))}\r\nok",
    });

    /// <summary>Cut short after the head was right, so that the client can only be shown that it is cut.</summary>
    public static IEnumerable<TheoryDataRow<string>> CutAnswers => Rows(new()
    {
        ["content-length not reached"] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        ["chunk not complete"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        ["no last chunk"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        ["no end of the trailers"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n",
        ["chunk size is no number"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n0\r\n\r\n",
        ["chunk longer than its size"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf+\r\n0\r\n\r\n",
        ["chunk size over 2^64"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n10000000000000000\r\n0\r\n\r\n",
        ["chunk size ends with LF"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\n\r\n",
    });

    [Theory]
    [MemberData(nameof(BrokenHeads))]
    public async Task B07_a_broken_answer_becomes_a_502_and_its_connection_is_not_used_again(string answer)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = request => request.Target == "/broken" ? answer : ScriptedBackend.Ok;

        WireResponse broken = await pool.Gateway.GetAsync(host, "/broken");
        WireResponse next = await pool.Gateway.GetAsync(host, "/next");

        Assert.Equal(502, broken.Status);
        Assert.Equal((200, "ok"), (next.Status, next.Body));
        Assert.Equal(2, backend.Connections.Count);
    }

    [Theory]
    [MemberData(nameof(CutAnswers))]
    public async Task B07_an_answer_cut_short_is_seen_cut(string answer)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(answer);
        };
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

        await Assert.ThrowsAnyAsync<Exception>(() => client.ReadResponseAsync());
        string seen = Encoding.Latin1.GetString(client.Reader.Transcript);
        Assert.DoesNotContain("\r\n0\r\n\r\n", seen);
        Assert.DoesNotContain("\r\nconnection: close", seen);
    }

    [Fact]
    public async Task An_answer_that_ends_with_the_connection_ends_cleanly()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\nall of it");
        };

        WireResponse response = await pool.Gateway.GetAsync(host);

        Assert.Equal((200, "all of it"), (response.Status, response.Body));
    }

    [Fact]
    public async Task An_answer_that_ends_with_a_reset_is_seen_cut()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();
        var seen = new TaskCompletionSource();
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\nhalf of it");
            await seen.Task;
            connection.Reset();
        };

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        await client.Reader.ReadHeadAsync(TestContext.Current.CancellationToken).WithinPatienceAsync("the head");
        seen.SetResult();

        // Either framing of ours must show it: chunked without its end, or a reset.
        await Assert.ThrowsAnyAsync<Exception>(() => client.Reader.ReadChunkedAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_backend_that_closes_without_an_answer_gives_a_503()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Script = connection => connection.ReadRequestAsync();

        WireResponse response = await pool.Gateway.ExchangeAsync($"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\nhi");

        Assert.Equal(503, response.Status);
        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: connection termination", response.Body);
        Assert.Equal("hi", backend.SingleRequest.Body);
    }

    [Fact]
    public async Task Bytes_after_the_answer_are_never_taken_for_the_next_answer()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = request => request.Target == "/first"
            ? ScriptedBackend.Ok + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
            : ScriptedBackend.Ok;
        using RawClient client = await pool.Gateway.ConnectAsync();

        WireResponse first = await client.ExchangeAsync($"GET /first HTTP/1.1\r\nHost: {host}\r\n\r\n");
        WireResponse second = await client.ExchangeAsync($"GET /second HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.Equal((200, "ok"), (first.Status, first.Body));
        Assert.Equal((200, "ok"), (second.Status, second.Body));
        Assert.Equal(2, backend.Connections.Count);
    }

    [Fact]
    public async Task A_body_after_the_answer_to_a_HEAD_is_never_taken_for_the_next_answer()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = request => request.Method == "HEAD"
            ? "HTTP/1.1 200 OK\r\nContent-Length: 48\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil bytes"
            : ScriptedBackend.Ok;
        using RawClient client = await pool.Gateway.ConnectAsync();

        WireResponse head = await client.ExchangeAsync($"HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        WireResponse next = await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.Equal((200, "48"), (head.Status, head.Headers["content-length"]));
        Assert.Equal((200, "ok"), (next.Status, next.Body));
    }

    [Theory]
    [InlineData("204 No Content")]
    [InlineData("304 Not Modified")]
    public async Task A_status_without_a_body_has_none_whatever_the_backend_says(string status)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = request => request.Target == "/empty"
            ? $"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n"
            : ScriptedBackend.Ok;
        using RawClient client = await pool.Gateway.ConnectAsync();

        WireResponse empty = await client.ExchangeAsync($"GET /empty HTTP/1.1\r\nHost: {host}\r\n\r\n");
        if (empty.Status == 502)
        {
            return; // refusing it is as good
        }

        WireResponse next = await client.ExchangeAsync($"GET /next HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Assert.Equal((200, "ok"), (next.Status, next.Body));
    }

    [Fact]
    public async Task Interim_answers_do_not_hide_the_final_one()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = _ => "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ScriptedBackend.Ok;
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        WireResponse response = await client.ReadResponseAsync();
        while (response.Status < 200)
        {
            response = await client.ReadResponseAsync();
        }

        Assert.Equal((200, "ok"), (response.Status, response.Body));
    }

    [Fact]
    public async Task Endless_interim_answers_are_cut_off()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            while (true)
            {
                await connection.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
            }
        };
        using RawClient client = await pool.Gateway.ConnectAsync();

        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        WireResponse response = await client.ReadResponseAsync();
        while (response.Status < 200)
        {
            response = await client.ReadResponseAsync();
        }

        Assert.Equal(502, response.Status);
    }

    private static IEnumerable<TheoryDataRow<string>> Rows(Dictionary<string, string> answers) =>
        answers.Select(answer => new TheoryDataRow<string>(answer.Value) { Label = answer.Key });

    /// <summary>A backend for each case.</summary>
    public sealed class Pool : BackendPool;
}
