using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Envoy.Admin.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using static Envoy.Admin.V3.SecretsConfigDump.Types;

namespace Tidegate.Tests.ProxyConfig;

/// <summary>The table of <c>proxy-config secret</c>, in both forms (cli.md, 3.4).</summary>
public sealed class SecretReportTests
{
    private static readonly DateTimeOffset From = DateTimeOffset.FromUnixTimeSeconds(1_600_000_000);
    private static readonly DateTimeOffset Past = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private static readonly DateTimeOffset Future = DateTimeOffset.FromUnixTimeSeconds(4_000_000_000);

    private static readonly string[] Current = ["secret", "--compatibility-version", "current"];

    [Fact]
    public async Task Warming_secrets_come_first_and_each_says_what_it_is()
    {
        Dump dump = Of(
            [new DynamicSecret { Name = "kubernetes://late" }],
            Active("kubernetes://app", Certificate(Pem(Future))),
            Active("kubernetes://app-cacert", Authorities(Pem(Future, isAuthority: true))),
            Active("file-crl:/etc/ca.crl", new Secret { ValidationContext = new CertificateValidationContext { Crl = Bytes("list") } }));

        Assert.Equal(
            """
            RESOURCE NAME               TYPE           STATUS      VALID CERT     SERIAL NUMBER                        NOT AFTER                NOT BEFORE
            kubernetes://late                          WARMING     false                                                                        
            kubernetes://app            Cert Chain     ACTIVE      true           00000000000000000000000000001234     2096-10-02T07:06:40Z     2020-09-13T12:26:40Z
            kubernetes://app-cacert     CA             ACTIVE      true           00000000000000000000000000001234     2096-10-02T07:06:40Z     2020-09-13T12:26:40Z
            file-crl:/etc/ca.crl        CRL            ACTIVE      true                                                                         

            """,
            await dump.PrintAsync(Current));
    }

    [Theory]
    [InlineData("1.16", "true")]
    [InlineData("current", "false")]
    public async Task An_expired_certificate_is_not_valid_in_the_current_form(string form, string isValid)
    {
        Dump dump = Of([], Active("app", Certificate(Pem(Past))));

        Assert.Matches($"(?m)^app +Cert Chain +ACTIVE +{isValid} ", await dump.PrintAsync("secret", "--compatibility-version", form));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no PEM")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public async Task What_is_no_certificate_is_not_valid(string content)
    {
        Dump dump = Of([], Active("app", Certificate(content)));

        Assert.Matches("(?m)^app +ACTIVE +false +$", await dump.PrintAsync(Current));
    }

    [Theory]
    [InlineData("1.16", "UNINITIALIZED")]
    [InlineData("current", "ACTIVE")]
    public async Task A_secret_that_never_came_is_uninitialized_in_the_old_form(string form, string status)
    {
        Dump dump = Of([], new DynamicSecret { Name = "default", VersionInfo = "uninitialized" });

        Assert.Matches($"(?m)^default +{status} +false", await dump.PrintAsync("secret", "--compatibility-version", form));
    }

    [Fact]
    public async Task The_trust_domain_is_shown_when_every_certificate_has_one()
    {
        string own = Pem(Future, uri: "spiffe://mesh.example/ns/a/sa/b");
        Dump all = Of([], Active("default", Certificate(own)), Active("ROOTCA", Authorities(Pem(Future, isAuthority: true, uri: "spiffe://mesh.example"))));
        Dump some = Of([], Active("default", Certificate(own)), Active("app", Certificate(Pem(Future))));

        string table = await all.PrintAsync(Current);

        Assert.Contains("TRUST DOMAIN", table);
        Assert.Matches("(?m)^default .* mesh\\.example$", table);
        Assert.DoesNotContain("TRUST DOMAIN", await all.PrintAsync("secret"));
        Assert.DoesNotContain("TRUST DOMAIN", await some.PrintAsync(Current));
    }

    [Fact]
    public async Task Without_secrets_it_says_so() =>
        Assert.Equal("No active or warming secrets found.\n", await Of([]).PrintAsync(Current));

    [Fact]
    public async Task As_part_of_all_names_have_their_kind_before_them()
    {
        Dump dump = Dump.OfTutorial(hasGateway: true, hasVirtualService: true).With(new Envoy.Config.Cluster.V3.Cluster { Name = "agent" })
            .With(new SecretsConfigDump { DynamicActiveSecrets = { Active("default", Certificate(Pem(Future))) } }).With(OtherReportTests.BootstrapSection());

        Assert.Contains("\nsecret/default ", await dump.PrintAsync("all", "--compatibility-version", "current"));
    }

    private static Dump Of(DynamicSecret[] warming, params DynamicSecret[] active) =>
        new Dump().With(new SecretsConfigDump { DynamicWarmingSecrets = { warming }, DynamicActiveSecrets = { active } });

    private static DynamicSecret Active(string name, Secret secret)
    {
        secret.Name = name;
        return new DynamicSecret { Name = name, VersionInfo = "1", Secret = Any.Pack(secret) };
    }

    private static Secret Certificate(string pem) => new() { TlsCertificate = new TlsCertificate { CertificateChain = Bytes(pem) } };

    private static Secret Authorities(string pem) => new() { ValidationContext = new CertificateValidationContext { TrustedCa = Bytes(pem) } };

    private static DataSource Bytes(string text) => new() { InlineBytes = ByteString.CopyFromUtf8(text) };

    private static string Pem(DateTimeOffset notAfter, bool isAuthority = false, string? uri = null)
    {
        using var key = ECDsa.Create();
        var request = new CertificateRequest("CN=edge", key, HashAlgorithmName.SHA256);
        if (isAuthority)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        }

        if (uri is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddUri(new Uri(uri));
            request.CertificateExtensions.Add(names.Build());
        }

        using X509Certificate2 certificate = request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), From, notAfter, [0x12, 0x34]);
        return certificate.ExportCertificatePem();
    }
}
