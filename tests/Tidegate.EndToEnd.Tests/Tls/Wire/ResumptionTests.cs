using System.Formats.Asn1;
using System.Security.Cryptography;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>Sessions that are resumed, sessions that must not be, and data before the handshake is done (edge.md T06, T07, T08).</summary>
[Collection(HandshakeEdgeTests.Name)]
public sealed class ResumptionTests(HandshakeEdge edge) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task T07_a_session_is_resumed_also_after_the_configuration_was_loaded_again(string version)
    {
        string session = await SessionAsync("app.test", version);
        Assert.Contains("Reused, TLSv1", await ResumeAsync("app.test", version, session), StringComparison.Ordinal);

        // Another route, and a server more on the same port.
        edge.Gateway.Apply("more.yaml", Manifests.Route("more.test", "app.test", "more") + TlsManifests.Gateway("{mode: SIMPLE, credentialName: app}", "more.test").Replace("name: edge", "name: more", StringComparison.Ordinal));
        await ServesAsync("more.test", isServed: true);
        string output = await ResumeAsync("app.test", version, session);
        edge.Gateway.Remove("more.yaml");
        await ServesAsync("more.test", isServed: false);

        Assert.Contains("Reused, TLSv1", output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", output, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1", await ResumeAsync("app.test", version, session), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_2 -no_ticket")]
    [InlineData("-tls1_3")]
    public async Task T06_a_session_of_a_server_without_client_certificates_opens_none_that_asks_for_them(string version)
    {
        string session = await SessionAsync("app.test", version);

        string without = await ResumeAsync("mutual.test", version, session);
        string with = await ResumeAsync("mutual.test", version, session, Certificate(edge.Authority));

        Assert.DoesNotContain("HTTP/1.1 200", without, StringComparison.Ordinal);
        Assert.DoesNotContain("Reused", without, StringComparison.Ordinal);
        Assert.DoesNotContain("Reused", with, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", with, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task T06_a_session_of_a_client_with_a_certificate_ends_with_the_authority_that_it_came_from(string version)
    {
        edge.Gateway.Apply("changing.yaml", edge.ChangingSecret(edge.Former));
        string[] certificate = Certificate(edge.Former);
        await TakesAsync(version, certificate, isTaken: true);
        string session = _folder.Write("session", "");
        Assert.Contains("HTTP/1.1 200", await RunAsync("changing.test", version, ["-sess_out", session, .. certificate]), StringComparison.Ordinal);
        bool hasSession = new FileInfo(session).Length > 0;
        if (hasSession)
        {
            Assert.DoesNotContain("Reused", await ResumeAsync("changing.test", version, session, certificate), StringComparison.Ordinal);
        }

        edge.Gateway.Apply("changing.yaml", edge.ChangingSecret(edge.Authority));
        await TakesAsync(version, certificate, isTaken: false);
        string[] offered = hasSession ? ["-sess_in", session] : [];
        foreach (string[] arguments in new string[][] { [.. offered, .. certificate], offered })
        {
            string output = await RunAsync("changing.test", version, arguments);
            Assert.DoesNotContain("HTTP/1.1 200", output, StringComparison.Ordinal);
            Assert.DoesNotContain("Reused", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task T06_a_session_ends_with_the_certificate_that_it_was_made_with(string version)
    {
        string name = $"renewed{version[^1]}";
        string host = $"{name}.test";
        edge.Gateway.Apply($"{name}.yaml", TlsManifests.Gateway($"{{mode: SIMPLE, credentialName: {name}}}", host).Replace("name: edge", $"name: {name}", StringComparison.Ordinal)
            + Manifests.Route(host, "app.test", name));
        edge.Gateway.Apply($"{name}-secret.yaml", TlsManifests.Secret(name, edge.Authority.Issue(host)));
        await ServesAsync(host, isServed: true);
        string session = await SessionAsync(host, version);
        Assert.Contains("Reused, TLSv1", await ResumeAsync(host, version, session), StringComparison.Ordinal);

        edge.Gateway.Apply($"{name}-secret.yaml", TlsManifests.Secret(name, edge.Authority.Issue(host)));

        await Eventually.HoldsAsync(
            async () => await ResumeAsync(host, version, session) is var output
                && output.Contains("New, TLSv1", StringComparison.Ordinal) && output.Contains("HTTP/1.1 200", StringComparison.Ordinal),
            () => $"the new certificate is shown, in a whole handshake\n{edge.Gateway.Log}");
    }

    [Fact]
    public async Task T08_early_data_is_not_taken_and_the_request_after_the_handshake_is()
    {
        string session = AllowEarlyData(await SessionAsync("app.test", "-tls1_3"));
        string early = _folder.Write("early", "GET /too-early HTTP/1.1\r\nHost: app.test\r\n\r\n");

        string output = await ResumeAsync("app.test", "-tls1_3", session, "-early_data", early);

        Assert.Contains("Early data was rejected", output, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1.3", output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", output, StringComparison.Ordinal);
        Assert.DoesNotContain(edge.Backend.Requests, static request => request.Target == "/too-early");
    }

    [Fact]
    public async Task T08_no_ticket_lets_a_client_send_early_data()
    {
        string session = await SessionAsync("app.test", "-tls1_3");

        string text = (await TidegateCommand.RunProgramAsync("openssl", "sess_id", "-in", session, "-noout", "-text")).Succeeded;

        Assert.Contains("Max Early Data: 0", text, StringComparison.Ordinal);
    }

    // A session that openssl could write to a file, which it does when the server gives one.
    private async Task<string> SessionAsync(string host, string version)
    {
        string file = _folder.Write("session", "");
        Assert.Contains("New, TLSv1", await RunAsync(host, version, ["-sess_out", file]), StringComparison.Ordinal);
        return file;
    }

    private Task<string> ResumeAsync(string host, string version, string session, params string[] more) =>
        RunAsync(host, version, ["-sess_in", session, .. more]);

    private Task<string> RunAsync(string host, string version, string[] arguments) =>
        OpenSslClient.RunAsync(edge.Named, host, OpenSslClient.LastGet(host), [.. version.Split(' '), "-ign_eof", .. arguments]);

    private string[] Certificate(TestAuthority authority)
    {
        TestCertificate certificate = authority.Issue("client.test");
        return ["-cert", _folder.Write("client.crt", certificate.Pem), "-key", _folder.Write("client.key", certificate.KeyPem)];
    }

    private Task TakesAsync(string version, string[] certificate, bool isTaken) => Eventually.HoldsAsync(
        async () => (await RunAsync("changing.test", version, certificate)).Contains("HTTP/1.1 200", StringComparison.Ordinal) == isTaken,
        () => $"the certificate is {(isTaken ? "taken" : "refused")}\n{edge.Gateway.Log}");

    private Task ServesAsync(string host, bool isServed) => Eventually.HoldsAsync(
        async () => (await RunAsync(host, "-tls1_3", [])).Contains("HTTP/1.1 200", StringComparison.Ordinal) == isServed,
        () => $"{host} is {(isServed ? "served" : "gone")}\n{edge.Gateway.Log}");

    // What a server would have to say for a client to send early data: the field max_early_data of openssl's session, which has the tag 15.
    private string AllowEarlyData(string session)
    {
        PemFields pem = PemEncoding.Find(File.ReadAllText(session));
        var fields = new AsnReader(Convert.FromBase64String(File.ReadAllText(session)[pem.Base64Data]), AsnEncodingRules.BER).ReadSequence();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        var earlyData = new Asn1Tag(TagClass.ContextSpecific, 15, isConstructed: true);
        using (writer.PushSequence())
        {
            bool isWritten = false;
            while (fields.HasData || !isWritten)
            {
                if (!isWritten && (!fields.HasData || (fields.PeekTag() is { TagClass: TagClass.ContextSpecific, TagValue: > 15 })))
                {
                    using (writer.PushSequence(earlyData))
                    {
                        writer.WriteInteger(16 * 1024);
                    }

                    isWritten = true;
                }
                else
                {
                    writer.WriteEncodedValue(fields.ReadEncodedValue().Span);
                }
            }
        }

        return _folder.Write("early-session", PemEncoding.WriteString("SSL SESSION PARAMETERS", writer.Encode()));
    }
}
