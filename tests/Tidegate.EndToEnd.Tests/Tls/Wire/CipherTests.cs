namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>Cipher suites: those that are taken where nothing is configured, and those of a list (edge.md T02).</summary>
[Collection(HandshakeEdgeTests.Name)]
public sealed class CipherTests(HandshakeEdge edge)
{
    private const string Refused = "alert number 40";

    [Theory]
    [InlineData("app.test", "ECDHE-ECDSA-AES128-GCM-SHA256")]
    [InlineData("app.test", "ECDHE-ECDSA-AES256-GCM-SHA384")]
    [InlineData("app.test", "ECDHE-ECDSA-CHACHA20-POLY1305")]
    [InlineData("app.test", "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256")]
    [InlineData("rsa.test", "ECDHE-RSA-AES128-GCM-SHA256")]
    [InlineData("rsa.test", "ECDHE-RSA-AES256-GCM-SHA384")]
    [InlineData("rsa.test", "ECDHE-RSA-CHACHA20-POLY1305")]
    public async Task T02_Suites_with_ephemeral_keys_and_authenticated_encryption_are_taken(string host, string offered, string? expected = null)
    {
        string output = await OfferAsync(host, offered);

        Assert.Contains($"Cipher is {expected ?? offered}", output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app.test", "ECDHE-ECDSA-AES128-SHA256")]
    [InlineData("app.test", "ECDHE-ECDSA-AES256-SHA384")]
    [InlineData("app.test", "ECDHE-ECDSA-AES128-SHA")]
    [InlineData("app.test", "ECDHE-ECDSA-AES128-CCM")]
    [InlineData("app.test", "ECDHE-ECDSA-CAMELLIA128-SHA256")]
    [InlineData("app.test", "ECDHE-ECDSA-NULL-SHA")]
    [InlineData("app.test", "AECDH-AES128-SHA")]
    [InlineData("rsa.test", "ECDHE-RSA-AES128-SHA256")]
    [InlineData("rsa.test", "ECDHE-RSA-AES256-SHA")]
    [InlineData("rsa.test", "AES128-GCM-SHA256")]
    [InlineData("rsa.test", "AES128-SHA")]
    [InlineData("rsa.test", "ADH-AES128-GCM-SHA256")]
    [InlineData("rsa.test", "DHE-RSA-AES128-GCM-SHA256")]
    public async Task T02_All_others_are_refused_where_nothing_is_configured(string host, string offered)
    {
        string output = await OfferAsync(host, offered);

        Assert.Contains(Refused, output, StringComparison.Ordinal);
        Assert.DoesNotContain("HTTP/1.1 200", output, StringComparison.Ordinal);
        await edge.AssertServesAsync();
    }

    [Fact]
    public async Task T02_A_suite_that_only_the_certificates_key_leads_to_is_not_served_either()
    {
        // What every server has is offered for RSA keys; the server's is of an elliptic curve.
        string output = await OfferAsync("app.test", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256");

        Assert.DoesNotContain("HTTP/1.1 200", output, StringComparison.Ordinal);
        await edge.AssertServesAsync();
    }

    [Theory]
    [InlineData("TLS_AES_128_GCM_SHA256")]
    [InlineData("TLS_AES_256_GCM_SHA384")]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256")]
    public async Task T02_The_suites_of_TLS_1_3_are_on_whatever_is_configured(string suite)
    {
        foreach (string host in new[] { "app.test", "ciphers.test" })
        {
            string output = await OpenSslClient.RunAsync(edge.Named, host, OpenSslClient.LastGet(host), "-ign_eof", "-tls1_3", "-ciphersuites", suite);

            Assert.Contains($"Cipher is {suite}", output, StringComparison.Ordinal);
            Assert.Contains("HTTP/1.1 200", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task T02_A_configured_list_is_honoured()
    {
        string listed = await OfferAsync("ciphers.test", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256");
        string unlisted = await OfferAsync("ciphers.test", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305");

        Assert.Contains("Cipher is ECDHE-ECDSA-AES256-GCM-SHA384", listed, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", listed, StringComparison.Ordinal);
        Assert.Contains(Refused, unlisted, StringComparison.Ordinal);
    }

    [Fact]
    public Task T02_A_name_that_no_suite_has_is_reported_when_the_configuration_comes() =>
        edge.Gateway.ReportsAsync("ignoring invalid cipher suites: [NO-SUCH-SUITE]");

    private Task<string> OfferAsync(string host, string suites) =>
        OpenSslClient.RunAsync(edge.Named, host, OpenSslClient.LastGet(host), "-ign_eof", "-tls1_2", "-cipher", suites + ":@SECLEVEL=0");
}
