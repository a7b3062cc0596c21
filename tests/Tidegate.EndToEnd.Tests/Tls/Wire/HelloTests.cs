using System.Globalization;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>ClientHellos of every kind, at servers with names, at one for all names, and where TLS is passed on (edge.md T03, T15, T16, T17).</summary>
[Collection(HandshakeEdgeTests.Name)]
public sealed class HelloTests(HandshakeEdge edge)
{
    private static readonly string LongName = string.Concat(Enumerable.Repeat("abcdefghi.", 30)) + "test";

    private static readonly (string What, byte[][] Extensions)[] BrokenNames =
    [
        ("300 bytes", [HelloBytes.ServerNames(LongName)]),
        ("a NUL", [HelloBytes.ServerNames("app.test\0.evil.test")]),
        ("a NUL at the end", [HelloBytes.ServerNames("app.test\0")]),
        ("two names", [HelloBytes.ServerNames("app.test", "other.test")]),
        ("two extensions", [HelloBytes.ServerNames("app.test"), HelloBytes.ServerNames("app.test")]),
        ("an empty list", [HelloBytes.ServerNames()]),
        ("an empty extension", [HelloBytes.Extension(0, [])]),
        ("a name of another kind", [HelloBytes.Extension(0, HelloBytes.Vector16([7, 0, 1, (byte)'a']))]),
        ("a list longer than the extension", [HelloBytes.Extension(0, [0, 99, 0, 0, 1, (byte)'a'])]),
    ];

    // What RFC 7301, section 3.1, does not allow.
    private static readonly (string What, byte[][] Extensions)[] BrokenProtocols =
    [
        ("an empty list", [HelloBytes.Protocols()]),
        ("an empty extension", [HelloBytes.Extension(16, [])]),
        ("an empty name", [HelloBytes.Protocols("http/1.1", "")]),
        ("a name longer than the list", [HelloBytes.Extension(16, HelloBytes.Vector16([99, (byte)'h']))]),
        ("a list longer than the extension", [HelloBytes.Extension(16, [0, 99, 1, (byte)'h'])]),
        ("bytes behind the list", [HelloBytes.Extension(16, [0, 2, 1, (byte)'h', 0])]),
    ];

    [Theory]
    [InlineData("app.test", true, true)]
    [InlineData("APP.Test", true, true)]
    [InlineData("", false, true)]
    [InlineData("unknown.test", false, true)]
    [InlineData("sub.app.test", false, true)]
    [InlineData("app.test.", false, true)]
    [InlineData("127.0.0.1", false, true)]
    public async Task T03_a_name_is_taken_without_regard_to_case_and_nothing_else_gets_another_servers_certificate(string serverName, bool isNamed, bool isAny)
    {
        byte[] hello = serverName.Length == 0 ? HelloBytes.With() : HelloBytes.With(HelloBytes.ServerNames(serverName));

        Assert.Equal(isNamed ? HelloAnswer.ServerHello : HelloAnswer.Closed, await HelloAnswer.OfAsync(edge.Named, hello));
        Assert.Equal(isAny ? HelloAnswer.ServerHello : HelloAnswer.Closed, await HelloAnswer.OfAsync(edge.Gateway.At(HandshakeEdge.AnyPort), hello));
        Assert.Equal(HelloAnswer.Closed, await HelloAnswer.OfAsync(edge.Gateway.At(HandshakeEdge.PassthroughPort), hello));
        Assert.Equal(0, edge.PassedConnections);
    }

    [Fact]
    public async Task T03_a_broken_name_is_refused_everywhere()
    {
        foreach ((string what, byte[][] extensions) in BrokenNames)
        {
            await AssertRefusedAsync("server name: " + what, HelloBytes.With(extensions));
        }

        await edge.AssertServesAsync();
    }

    [Theory]
    [InlineData("app.test", true)]
    [InlineData("APP.test", true)]
    [InlineData("unknown.test", false)]
    [InlineData("", false)]
    public async Task T03_openssl_sees_the_same(string serverName, bool isServed)
    {
        string output = await OpenSslClient.RunAsync(edge.Named, serverName, OpenSslClient.LastGet("app.test"), "-ign_eof");

        Assert.Equal(isServed, output.Contains("HTTP/1.1 200", StringComparison.Ordinal));
        Assert.Equal(isServed, output.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal));
        Assert.Equal(!isServed, output.Contains("no peer certificate available", StringComparison.Ordinal));
    }

    [Fact]
    public async Task T15_Only_protocols_that_nobody_speaks_are_refused_with_the_alert_for_it()
    {
        string output = await OpenSslClient.RunAsync(edge.Named, "app.test", "", "-alpn", "nobody/1,nobody/2", "-ign_eof");

        Assert.Contains("alert number 120", output, StringComparison.Ordinal);
        Assert.Equal("alert 120", await HelloAnswer.OfAsync(edge.Named, HelloBytes.With(HelloBytes.ServerNames("app.test"), HelloBytes.Protocols("nobody/1"))));
    }

    [Fact]
    public async Task T15_A_hundred_protocols_are_read_and_the_one_that_is_known_is_taken()
    {
        string[] unknown = [.. Enumerable.Range(0, 99).Select(static i => string.Create(CultureInfo.InvariantCulture, $"nobody/{i}"))];

        using TlsClient client = await TlsClient.ConnectAsync(edge.Named, new TlsClientOptions { ApplicationProtocols = [.. unknown, "http/1.1"] });

        Assert.Equal("http/1.1", client.Tls.NegotiatedApplicationProtocol.ToString());
        Assert.Equal(200, (await client.GetAsync("app.test")).Status);
        Assert.True(await TlsClient.IsRefusedAsync(edge.Named, new TlsClientOptions { ApplicationProtocols = unknown }));
    }

    [Fact]
    public async Task T15_A_broken_list_of_protocols_is_refused_everywhere()
    {
        foreach ((string what, byte[][] extensions) in BrokenProtocols)
        {
            await AssertRefusedAsync("protocols: " + what, HelloBytes.With([HelloBytes.ServerNames("app.test"), .. extensions]));
            await AssertRefusedAsync("protocols: " + what, HelloBytes.With([HelloBytes.ServerNames("passed.test"), .. extensions]));
        }

        await edge.AssertServesAsync();
    }

    [Fact]
    public async Task T17_what_is_not_TLS_is_refused_everywhere()
    {
        byte[] version2 = [0x80, 0x2E, 1, 0, 2, 0, 21, 0, 0, 0, 16, 7, 0, 0xC0, 5, 0, 0x80, 3, 0, 0x80, 1, 0, 0x80, 6, 0, 0x40, 4, 0, 0x80, 2, 0, 0x80, 0, 0, 4, .. new byte[16]];
        await AssertRefusedAsync("SSL version 2", version2);
        await AssertRefusedAsync("HTTP", "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n"u8.ToArray());
        await AssertRefusedAsync("SSH", "SSH-2.0-OpenSSH_9.9\r\n"u8.ToArray());
        await AssertRefusedAsync("zeros", new byte[20_000]);
        await AssertRefusedAsync("another message than a ClientHello", HelloBytes.Records([2, 0, 0, 4, 3, 3, 0, 0]));
        await edge.AssertServesAsync();
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(1000)]
    [InlineData(100)]
    public async Task T16_a_ClientHello_of_16_KiB_is_read_in_whatever_records_it_comes(int recordBytes)
    {
        int without = HelloBytes.Message([.. HelloBytes.Usual, .. HelloBytes.ServerNames("app.test")]).Length;
        byte[] padding = HelloBytes.Extension(21, new byte[(16 * 1024) - without - 4]);
        byte[] message = HelloBytes.Message([.. HelloBytes.Usual, .. padding, .. HelloBytes.ServerNames("app.test")]);
        byte[] hello = [.. message.Chunk(recordBytes).SelectMany(static piece => HelloBytes.Record(RecordClient.Handshake, piece))];

        Assert.Equal(16 * 1024, message.Length);
        Assert.Equal(HelloAnswer.ServerHello, await HelloAnswer.OfAsync(edge.Named, hello));
    }

    [Fact]
    public async Task T17_a_ClientHello_of_more_than_64_KiB_is_refused_everywhere()
    {
        // Padding (RFC 7685) in four extensions that nobody knows, in records of 16 KiB.
        byte[][] padding = [.. Enumerable.Range(0, 4).Select(static i => HelloBytes.Extension(0xFA00 + i, new byte[16_360]))];
        byte[] hello = HelloBytes.With([HelloBytes.ServerNames("app.test"), .. padding]);
        Assert.True(hello.Length > 64 * 1024);

        await AssertRefusedAsync("long", hello);
        await edge.AssertServesAsync();
    }

    [Fact]
    public async Task T17_a_ClientHello_that_never_ends_is_cut_when_the_time_is_up_and_others_are_served_meanwhile()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway("{mode: SIMPLE, credentialName: app}")
            + TlsManifests.Secret("app", edge.Authority.Issue("app.test")) + Manifests.Backend("app.test", edge.Backend)
            + Tcp.StreamManifests.Gateway(HandshakeEdge.PassthroughPort, "TLS", "{mode: PASSTHROUGH}")
            + Tcp.StreamManifests.Service("passed.test", edge.Backend.EndPoint) + Tcp.StreamManifests.TlsRoute("passed.test", "passed.test")
            + Tcp.StreamManifests.Patch("LISTENER", "{listener_filters_timeout: 4s}"),
            "--tls-handshake-timeout",
            "4s");
        byte[] hello = HelloBytes.With(HelloBytes.ServerNames("passed.test"));
        using TlsClient other = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions());
        byte[][] beginnings = [[], hello[..1], hello[..7], hello[..^1]];
        List<RawClient> clients = [];
        foreach (int port in new[] { 8443, HandshakeEdge.PassthroughPort })
        {
            foreach (byte[] beginning in beginnings)
            {
                RawClient client = await gateway.ConnectAsync(port);
                await client.SendAsync(beginning);
                clients.Add(client);
            }
        }

        Assert.Equal(200, (await other.GetAsync("app.test")).Status);
        foreach (RawClient client in clients)
        {
            await client.AssertClosedAsync();
            Assert.Empty(client.Reader.Transcript);
            client.Dispose();
        }
    }

    // Neither a ServerHello nor anything else but an alert, at any port; and nothing is passed on.
    private async Task AssertRefusedAsync(string what, byte[] bytes)
    {
        foreach (int port in new[] { HandshakeEdge.NamedPort, HandshakeEdge.AnyPort, HandshakeEdge.PassthroughPort })
        {
            string answer = await HelloAnswer.OfAsync(edge.Gateway.At(port), bytes);
            Assert.True(answer == HelloAnswer.Closed || answer.StartsWith("alert ", StringComparison.Ordinal), $"{what} at port {port}: {answer}");
        }

        Assert.Equal(0, edge.PassedConnections);
    }
}
