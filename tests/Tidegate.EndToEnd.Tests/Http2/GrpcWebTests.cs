using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>gRPC-Web in front of a gRPC backend: what each side gets (http2-envoy.md, section 7).</summary>
public sealed class GrpcWebTests : IAsyncLifetime
{
    private const string Filter = "{'name': 'envoy.filters.http.grpc_web', 'typedConfig': {'@type': 'type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb'}},";
    private const string Binary = "application/grpc-web";
    private const string Text = "application/grpc-web-text";
    private const string Message = "\0\0\0\0\u0002hi";
    private const string Status = "\u0080\0\0\0\u000Fgrpc-status:0\r\n";

    private static readonly byte[][] Answer =
    [
        FramePeer.Headers(1, false, ":status: 200", "content-type: application/grpc"), FramePeer.Data(1, false, "\0\0\0\0\u0002ok"), FramePeer.Headers(1, true, "grpc-status: 0"),
    ];

    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());
    private string _head = "";
    private string _body = "";

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Theory]
    [InlineData(Binary, Message, "", "application/grpc-web+proto", "\0\0\0\0\u0002ok" + Status)]
    [InlineData(Binary + "+proto", Message, "", "application/grpc-web+proto", "\0\0\0\0\u0002ok" + Status)]
    [InlineData(Text, "AAAAAAJoaQ==", "", "application/grpc-web+proto", "\0\0\0\0\u0002ok" + Status)]
    [InlineData(Text + "+proto", "AAAAAAJoaQ==", Text, "application/grpc-web-text+proto", "AAAAAAJvaw==gAAAAA9ncnBjLXN0YXR1czowDQo=")]
    [InlineData(Binary, Message, Text + "+proto", "application/grpc-web-text+proto", "AAAAAAJvaw==gAAAAA9ncnBjLXN0YXR1czowDQo=")]
    public async Task A_request_becomes_gRPC_and_the_trailers_a_message(string type, string body, string accept, string answerType, string answerBody)
    {
        AnswerWith(Answer);
        await using XdsProxy proxy = await StartAsync();
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await AskAsync(client, type, body, accept.Length > 0 ? [$"accept: {accept}"] : []);
        await client.HearUntilAsync("DATA 1 END");

        Assert.Equal(answerType, client.Field("content-type"));
        Assert.Equal(answerBody, client.Said);
        Assert.Equal(("application/grpc", "trailers", "identity", null), (FieldOf(_head, "content-type"), FieldOf(_head, "te"), FieldOf(_head, "grpc-accept-encoding"), FieldOf(_head, "content-length")));
        Assert.Equal(Message, _body);
    }

    [Fact]
    public async Task A_status_in_the_head_stays_there()
    {
        AnswerWith(FramePeer.Headers(1, true, ":status: 200", "content-type: application/grpc", "grpc-status: 5"));
        await using XdsProxy proxy = await StartAsync();
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await AskAsync(client, Binary, Message);

        Assert.Equal("HEADERS 1 END", await client.HearUntilAsync("HEADERS"));
        Assert.Equal(("application/grpc-web+proto", "5"), (client.Field("content-type"), client.Field("grpc-status")));
    }

    [Theory]
    [InlineData("!!!!")]
    [InlineData("AAAAAAJoa")]
    public async Task A_body_that_is_no_base64_is_refused_and_never_whole_for_the_backend(string body)
    {
        var reset = new TaskCompletionSource<string>();
        FrameBackend.Script(_backend, async backend =>
        {
            await backend.HearRequestAsync();
            reset.SetResult(await backend.HearUntilAsync("RST_STREAM"));
        });
        await using XdsProxy proxy = await StartAsync();
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await AskAsync(client, Text, body);

        Assert.Equal("HEADERS 1 END", await client.HearUntilAsync("HEADERS"));
        Assert.Equal(
            (":status: 400", "13", "Bad gRPC-web request, invalid base64 data.", "0"),
            (client.Fields[0], client.Field("grpc-status"), client.Field("grpc-message"), client.Field("content-length")));
        string heard = await reset.Task;
        Assert.EndsWith("RST_STREAM 1 2", heard, StringComparison.Ordinal);
        Assert.DoesNotContain("END", heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_answer_that_is_no_gRPC_says_becomes_the_message_of_a_status()
    {
        AnswerWith(FramePeer.Headers(1, false, ":status: 503", "content-length: 7"), FramePeer.Data(1, false, "not"), FramePeer.Data(1, true, " now"));
        await using XdsProxy proxy = await StartAsync();
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await AskAsync(client, Binary, Message);

        Assert.Equal("HEADERS 1 END", await client.HearUntilAsync("HEADERS"));
        Assert.Equal((":status: 503", "14", "not now"), (client.Fields[0], client.Field("grpc-status"), client.Field("grpc-message")));
    }

    [Fact]
    public async Task An_answer_of_our_own_keeps_its_status_and_has_that_of_gRPC_beside_it()
    {
        _backend.StopListening();
        await using XdsProxy proxy = await StartAsync();
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await AskAsync(client, Binary, Message);

        Assert.Equal("HEADERS 1 END", await client.HearUntilAsync("HEADERS"));
        Assert.Equal((":status: 503", "14"), (client.Fields[0], client.Field("grpc-status")));
        Assert.StartsWith("upstream connect error", client.Field("grpc-message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_a_body_says_no_status_of_gRPC()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks, filters: Filter, match: "'prefix': '/elsewhere'");
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await AskAsync(client, Binary, Message);

        Assert.Equal("HEADERS 1 END", await client.HearUntilAsync("HEADERS"));
        Assert.Equal((":status: 404", null, "application/grpc-web+proto"), (client.Fields[0], client.Field("grpc-status"), client.Field("content-type")));
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc-web+json")]
    [InlineData("text/plain")]
    public async Task What_is_no_gRPC_Web_goes_through_as_it_is(string type)
    {
        AnswerWith(Answer);
        await using XdsProxy proxy = await StartAsync();
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await AskAsync(client, type, Message);
        await client.HearUntilAsync("HEADERS 1 END");

        Assert.Equal("\0\0\0\0\u0002ok", client.Said);
        Assert.Equal("0", client.Field("grpc-status"));
        Assert.Equal((type, null), (FieldOf(_head, "content-type"), FieldOf(_head, "grpc-accept-encoding")));
    }

    private static string? FieldOf(string fields, string name) =>
        fields.Split('\n').FirstOrDefault(field => field.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..];

    private static Task AskAsync(FrameClient client, string type, string body, params string[] fields) => client.SayAsync(
        FramePeer.Headers(1, false, [":method: POST", ":scheme: http", ":path: /s/m", ":authority: x", $"content-type: {type}", $"content-length: {Encoding.Latin1.GetByteCount(body)}", .. fields]),
        FramePeer.Data(1, true, body));

    private Task<XdsProxy> StartAsync() => XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks, filters: Filter);

    private void AnswerWith(params byte[][] frames) => FrameBackend.Script(_backend, async backend =>
    {
        await backend.HearRequestAsync();
        _head = string.Join('\n', backend.Fields);
        await backend.HearUntilAsync("DATA 1 END");
        _body = backend.Said;
        await backend.SayAsync(frames);
        await backend.HearUntilAsync("GOAWAY");
    });
}
