using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>
/// Records that no honest client sends: alerts that nobody knows, floods of what costs the sender nothing, new keys again and again (edge.md
/// T13, T14). Each ends the connection or is passed over; the gateway, which has one worker here, goes on serving others.
/// </summary>
[Collection(HandshakeEdgeTests.Name)]
public sealed class RecordTests(HandshakeEdge edge)
{
    private const byte ChangeCipherSpec = 20;
    private const int Flood = 10_000;

    // An alert is a level and what it is: 1 warns, 2 ends.
    private static readonly byte[] UnknownWarning = [1, 200];
    private static readonly byte[] UnknownFatal = [2, 200];
    private static readonly byte[] UserCanceled = [1, 90];

    public static TheoryData<string> Unencrypted => ["unknown warning", "unknown fatal alert", "warnings", "ChangeCipherSpec", "empty handshake records", "empty data records", "unknown types", "half an alert"];

    public static TheoryData<string> Encrypted => ["unknown warning", "unknown fatal alert", "warnings", "ChangeCipherSpec", "empty data records", "empty alerts", "empty handshake records", "unknown type", "not decryptable", "half a message", "a ClientHello", "padding only"];

    [Theory]
    [MemberData(nameof(Unencrypted))]
    public async Task T14_records_before_the_handshake_cost_at_most_the_connection(string what)
    {
        byte[] bytes = BytesOf(what);
        foreach (int port in new[] { HandshakeEdge.NamedPort, HandshakeEdge.AnyPort, HandshakeEdge.PassthroughPort })
        {
            using RawClient client = await edge.Gateway.ConnectAsync(port);
            await client.TrySendAsync(System.Text.Encoding.Latin1.GetString(bytes));
            await edge.AssertServesAsync();
            Assert.NotEqual(HelloAnswer.ServerHello, await HelloAnswer.OfAsync(client, HelloBytes.With(HelloBytes.ServerNames("app.test"))));
        }
    }

    [Theory]
    [MemberData(nameof(Unencrypted))]
    public async Task T14_records_in_the_middle_of_the_handshake_cost_at_most_the_connection(string what)
    {
        using RawClient client = await edge.Gateway.ConnectAsync(HandshakeEdge.NamedPort);
        Assert.Equal(HelloAnswer.ServerHello, await HelloAnswer.OfAsync(client, HelloBytes.With(HelloBytes.ServerNames("app.test"))));

        await client.TrySendAsync(System.Text.Encoding.Latin1.GetString(BytesOf(what)));

        await edge.AssertServesAsync();
        client.FinishSending();
        await client.Reader.ReadToEndAsync(TestContext.Current.CancellationToken).ContinueWith(static read => read.IsCompletedSuccessfully, TaskScheduler.Default)
            .WithinPatienceAsync("the gateway closes the connection");
    }

    [Theory]
    [MemberData(nameof(Encrypted))]
    public async Task T14_records_after_the_handshake_cost_at_most_the_connection(string what)
    {
        using RecordClient client = await RecordClient.ConnectAsync(edge.Named, "app.test");
        Assert.StartsWith("HTTP/1.1 200", await client.GetAsync("app.test"), StringComparison.Ordinal);

        foreach (byte[] piece in SealedBytesOf(what, client).Chunk(64 * 1024))
        {
            if (!await client.TrySendAsync(piece))
            {
                break;
            }
        }

        await edge.AssertServesAsync();
        await AssertLivesOrIsClosedAsync(client);
        await edge.AssertServesAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task T13_new_keys_again_and_again_end_the_connection_and_others_are_served(bool isRequest)
    {
        using RecordClient client = await RecordClient.ConnectAsync(edge.Named, "app.test");
        Assert.StartsWith("HTTP/1.1 200", await client.GetAsync("app.test"), StringComparison.Ordinal);

        for (int sent = 0; sent < Flood; sent += 500)
        {
            if (!await client.TrySendAsync([.. Enumerable.Range(0, 500).SelectMany(_ => client.SealKeyUpdate(isRequest))]))
            {
                break;
            }

            await edge.AssertServesAsync();
        }

        Assert.Null(await client.GetAsync("app.test"));
        await edge.AssertServesAsync();
    }

    [Fact]
    public async Task T13_one_new_key_is_taken()
    {
        using RecordClient client = await RecordClient.ConnectAsync(edge.Named, "app.test");

        Assert.True(await client.TrySendAsync(client.SealKeyUpdate(isRequest: true)));
        Assert.StartsWith("HTTP/1.1 200", await client.GetAsync("app.test"), StringComparison.Ordinal);
        Assert.True(await client.TrySendAsync(client.SealKeyUpdate(isRequest: false)));
        Assert.StartsWith("HTTP/1.1 200", await client.GetAsync("app.test"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task T13_a_client_that_negotiates_again_is_refused()
    {
        for (int i = 0; i < 10; i++)
        {
            string output = await OpenSslClient.RunAsync(edge.Named, "app.test", "R\n", "-tls1_2");

            Assert.Contains("New, TLSv1.2", output, StringComparison.Ordinal);
            Assert.Contains("RENEGOTIATING", output, StringComparison.Ordinal);
            Assert.Matches("no renegotiation|unexpected eof", output);
        }

        await edge.AssertServesAsync();
    }

    // An answer, an alert, or the end: not silence.
    private static async Task AssertLivesOrIsClosedAsync(RecordClient client)
    {
        string? answer = await client.GetAsync("app.test");
        Assert.True(answer is null || answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), answer);
    }

    private static byte[] BytesOf(string what) => what switch
    {
        "unknown warning" => HelloBytes.Record(RecordClient.Alert, UnknownWarning),
        "unknown fatal alert" => HelloBytes.Record(RecordClient.Alert, UnknownFatal),
        "warnings" => HelloBytes.Repeated(RecordClient.Alert, UserCanceled, Flood),
        "ChangeCipherSpec" => HelloBytes.Repeated(ChangeCipherSpec, [1], Flood),
        "empty handshake records" => HelloBytes.Repeated(RecordClient.Handshake, [], Flood),
        "empty data records" => HelloBytes.Repeated(RecordClient.Data, [], Flood),
        "unknown types" => HelloBytes.Repeated(99, [1, 2, 3], Flood),
        _ => HelloBytes.Record(RecordClient.Alert, [1]),
    };

    private static byte[] SealedBytesOf(string what, RecordClient client)
    {
        byte[] Repeat(byte type, byte[] payload) => [.. Enumerable.Range(0, Flood).SelectMany(_ => client.Seal(type, payload))];
        return what switch
        {
            "unknown warning" => client.Seal(RecordClient.Alert, UnknownWarning),
            "unknown fatal alert" => client.Seal(RecordClient.Alert, UnknownFatal),
            "warnings" => Repeat(RecordClient.Alert, UserCanceled),
            "ChangeCipherSpec" => HelloBytes.Repeated(ChangeCipherSpec, [1], Flood),
            "empty data records" => Repeat(RecordClient.Data, []),
            "empty alerts" => Repeat(RecordClient.Alert, []),
            "empty handshake records" => Repeat(RecordClient.Handshake, []),
            "unknown type" => client.Seal(99, [1, 2, 3]),
            "not decryptable" => HelloBytes.Record(RecordClient.Data, new byte[100]),
            "half a message" => client.Seal(RecordClient.Handshake, [24, 0, 0]),
            "a ClientHello" => client.Seal(RecordClient.Handshake, HelloBytes.Message(HelloBytes.Usual)),
            _ => client.Seal(0, new byte[50]),
        };
    }
}
