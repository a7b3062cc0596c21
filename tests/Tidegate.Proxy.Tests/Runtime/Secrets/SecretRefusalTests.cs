using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy.Configuration;

namespace Tidegate.Proxy.Tests.Runtime.Secrets;

/// <summary>Certificates that the platform's TLS cannot show (docs/decisions/platform-tls.md).</summary>
public sealed class SecretRefusalTests : IAsyncDisposable
{
    // Made by openssl for this test alone.
    private const string Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBXjCCARCgAwIBAgIUBShWCttGqO/UHUG7fLUBBGyRF4cwBQYDK2VwMBcxFTAT
        BgNVBAMMDGVkd2FyZHMudGVzdDAgFw0yNjExMzAxNjM4MjlaGA8yMTI2MTEwNjE2
        MzgyOVowFzEVMBMGA1UEAwwMZWR3YXJkcy50ZXN0MCowBQYDK2VwAyEAHiON0HRu
        PusNVxVXxrh9YSM6YrpioajG8EwNch+4rYajbDBqMB0GA1UdDgQWBBQxYwmzYRaF
        7fGpodz3hYjcuXz7rDAfBgNVHSMEGDAWgBQxYwmzYRaF7fGpodz3hYjcuXz7rDAP
        BgNVHRMBAf8EBTADAQH/MBcGA1UdEQQQMA6CDGVkd2FyZHMudGVzdDAFBgMrZXAD
        QQAAHWV0wFPfWlyO9ZVy7e0x1fI9cMF/pwFivB/ldl05rjjStu6JG+F+4LE2ApH1
        BA9ivF9Rk185XFIA+kCvMZwF
        -----END CERTIFICATE-----
        """;

    private const string Key = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIKOaZdbK6fOOYdMC33F8Ke5IUekjQ5MOgMYOqTnBil0q
        -----END PRIVATE KEY-----
        """;

    private readonly RuntimeConfiguration _configuration = new(new Bootstrap(), NullLoggerFactory.Instance, TimeProvider.System);

    public ValueTask DisposeAsync() => _configuration.DisposeAsync();

    [Fact]
    public void A_key_of_Edwards_curves_is_refused_by_its_kind()
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.Listener(routes: "r", chain: """
            , "transportSocket": {"name": "envoy.transport_sockets.tls", "typedConfig": {
              "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
              "commonTlsContext": {"tlsCertificateSdsSecretConfigs": [{"name": "kubernetes://edwards", "sdsConfig": {"ads": {}}}]}}}
            """)));

        RuntimeChange change = _configuration.Apply(XdsJson.Delta("2", new Secret
        {
            Name = "kubernetes://edwards",
            TlsCertificate = new TlsCertificate { CertificateChain = new DataSource { InlineString = Certificate }, PrivateKey = new DataSource { InlineString = Key } },
        }));

        Assert.Contains("the certificate's key is neither RSA nor ECDSA", Assert.Single(change.Rejections).Reason);
    }
}
