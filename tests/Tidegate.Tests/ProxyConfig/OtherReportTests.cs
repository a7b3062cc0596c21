using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Envoy.Admin.V3;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Envoy.Type.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;
using Tidegate.Tests.Commands;

namespace Tidegate.Tests.ProxyConfig;

/// <summary>The other tables of <c>proxy-config</c> (cli.md, 3).</summary>
public sealed class OtherReportTests
{
    private static readonly Dump Clusters = new Dump()
        .With(new Cluster { Name = "outbound|80||webapp.shop.svc.cluster.local", Type = Cluster.Types.DiscoveryType.Eds })
        .With(new Cluster { Name = "outbound|80|v1|webapp.shop.svc.cluster.local", Type = Cluster.Types.DiscoveryType.Eds, Metadata = Dump.ConfigMetadata("v1alpha3", "shop", "destination-rule", "webapp") })
        .With(new Cluster { Name = "outbound|9090||a.test", Type = Cluster.Types.DiscoveryType.StrictDns })
        .With(new Cluster { Name = "agent", Type = Cluster.Types.DiscoveryType.Static });

    private static readonly Clusters ClusterPage = new()
    {
        ClusterStatuses =
        {
            Status("outbound|80||webapp.shop", ("10.0.0.2", 8080, HealthStatus.Healthy, false), ("10.0.0.1", 8080, HealthStatus.Unhealthy, true)),
            Status("agent", ("127.0.0.1", 15020, HealthStatus.Healthy, false)),
        },
    };

    [Fact]
    public async Task Clusters_are_sorted_by_host_subset_port() => Assert.Equal(
        """
        SERVICE FQDN                      PORT     SUBSET     DIRECTION     TYPE           DESTINATION RULE
        a.test                            9090     -          outbound      STRICT_DNS     
        agent                             -        -          -             STATIC         
        webapp.shop.svc.cluster.local     80       -          outbound      EDS            
        webapp.shop.svc.cluster.local     80       v1         outbound      EDS            webapp.shop

        """,
        await Clusters.PrintAsync("cluster"));

    [Theory]
    [InlineData(2, "--fqdn", "webapp")]
    [InlineData(1, "--subset", "v1")]
    [InlineData(3, "--direction", "outbound")]
    [InlineData(1, "--port", "9090")]
    public async Task Clusters_are_filtered_by_their_name(int count, params string[] filter) =>
        Assert.Equal(count, (await Clusters.PrintAsync(["c", .. filter])).Split('\n').Length - 2);

    [Fact]
    public async Task Endpoints_are_sorted_by_address() => Assert.Equal(
        """
        ENDPOINT            STATUS        OUTLIER CHECK     CLUSTER
        10.0.0.1:8080       UNHEALTHY     FAILED            outbound|80||webapp.shop
        10.0.0.2:8080       HEALTHY       OK                outbound|80||webapp.shop
        127.0.0.1:15020     HEALTHY       OK                agent

        """,
        await EndpointsAsync());

    [Theory]
    [InlineData(1, "--status", "unhealthy")]
    [InlineData(2, "--cluster", "OUTBOUND|80||webapp.shop")]
    [InlineData(1, "--address", "127.0.0.1")]
    [InlineData(2, "--port", "8080")]
    [InlineData(0, "--port", "1")]
    public async Task Endpoints_are_filtered(int count, params string[] filter) => Assert.Equal(count, (await EndpointsAsync(filter)).Split('\n').Length - 2);

    [Fact]
    public async Task Clusters_with_a_matching_endpoint_are_printed_whole()
    {
        string json = await EndpointsAsync("-o", "json", "--status", "unhealthy");

        Assert.Contains("10.0.0.2", json);
        Assert.DoesNotContain("agent", json);
    }

    [Fact]
    public async Task Eds_shows_localities()
    {
        var dump = new Dump().With(new EndpointsConfigDump
        {
            DynamicEndpointConfigs =
            {
                Dynamic(Dump.Assignment("outbound|80||b.shop", new Locality { Region = "eu", Zone = "eu-1" }, ("10.0.0.1", 8080, HealthStatus.Healthy), ("10.0.0.2", 8080, HealthStatus.Draining))),
                Dynamic(Dump.Assignment("outbound|80||a.shop", null, ("10.0.0.9", 80, HealthStatus.Unknown))),
            },
        });

        Assert.Equal(
            """
            ENDPOINT          STATUS       LOCALITY     CLUSTER
            10.0.0.9:80       UNKNOWN                   outbound|80||a.shop
            10.0.0.1:8080     HEALTHY      eu/eu-1      outbound|80||b.shop
            10.0.0.2:8080     DRAINING     eu/eu-1      outbound|80||b.shop

            """,
            await dump.PrintAsync("eds"));
        Assert.StartsWith("NAME ", await dump.PrintAsync("eds", "--compatibility-version", "current"));
        string json = await dump.PrintAsync("eds", "-o", "json", "--status", "draining");
        Assert.Contains("10.0.0.2", json);
        Assert.DoesNotContain("10.0.0.1", json);
        Assert.DoesNotContain("a.shop", json);
        Assert.Equal("ENDPOINT     STATUS     LOCALITY     CLUSTER\n", await new Dump().PrintAsync("eds"));
    }

    [Fact]
    public async Task Bootstrap_is_json_unless_asked_otherwise()
    {
        var dump = new Dump().With(BootstrapSection());

        Assert.StartsWith("{\n    \"bootstrap\": {\n        \"node\": {\n", await dump.PrintAsync("bootstrap"));
        Assert.Equal(
            """
            Istio Version:       1.16.2
            Istio Proxy Version: abc
            Envoy Version:       1.24.1/Clean/RELEASE

            """,
            await dump.PrintAsync("b", "-o", "short"));
    }

    [Fact]
    public async Task A_secret_shows_its_certificate()
    {
        using var key = ECDsa.Create();
        var request = new CertificateRequest("CN=edge", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("spiffe://cluster.local/ns/istio-system/sa/gateway"));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.FromUnixTimeSeconds(1_600_000_000), DateTimeOffset.FromUnixTimeSeconds(4_000_000_000), [0x12, 0x34]);
        var secret = new Secret { Name = "default", TlsCertificate = new TlsCertificate { CertificateChain = new DataSource { InlineBytes = ByteString.CopyFromUtf8(certificate.ExportCertificatePem()) } } };
        var dump = new Dump().With(new SecretsConfigDump
        {
            DynamicActiveSecrets = { new SecretsConfigDump.Types.DynamicSecret { Name = "default", Secret = Any.Pack(secret) } },
            DynamicWarmingSecrets = { new SecretsConfigDump.Types.DynamicSecret { Name = "ROOTCA" } },
        });

        Assert.Equal(
            """
            RESOURCE NAME     TYPE           STATUS      VALID CERT     SERIAL NUMBER     NOT AFTER                NOT BEFORE
            ROOTCA                           WARMING     false                                                     
            default           Cert Chain     ACTIVE      true           4660              2096-10-02T07:06:40Z     2020-09-13T12:26:40Z

            """,
            await dump.PrintAsync("secret"));
        Assert.Contains("00000000000000000000000000001234", await dump.PrintAsync("s", "--compatibility-version", "current"));
        Assert.Equal("No active or warming secrets found.\n", await new Dump().With(new SecretsConfigDump()).PrintAsync("secret"));
    }

    [Fact]
    public async Task All_is_the_tables_with_empty_lines_between()
    {
        Dump dump = Dump.OfTutorial(hasGateway: true, hasVirtualService: true).With(new Cluster { Name = "agent" }).With(new SecretsConfigDump()).With(BootstrapSection());

        string old = await dump.PrintAsync("all");
        string current = await dump.PrintAsync("a", "--compatibility-version", "current");

        Assert.Equal(["SERVICE", "ADDRESS", "NAME", "No"], old.Split("\n\n").Select(block => block.Split(' ')[0]));
        Assert.Equal(["Istio", "NAME", "NAME", "NAME", "No", "NAME"], current.Split("\n\n").Select(block => block.Split(' ')[0]));
        Assert.Contains("\nroute/http.8080 ", current);
        Assert.Contains("\nlistener/0.0.0.0_8080 ", current);
        Assert.Contains("\ncluster/agent     cluster/agent     - ", current);
        Assert.Equal(dump.ToJson(ProtoJsonForm.Canonical) + "\n", (await CommandRun.WithInputAsync(dump.ToJson(ProtoJsonForm.Canonical), "pc", "all", "-f", "-", "-o", "json")).Succeeded);
    }

    [Theory]
    [InlineData(1, "--address", "10.0.0.1:80")]
    [InlineData(0, "--address", "10.0.0.1")]
    [InlineData(1, "--port", "80")]
    [InlineData(2)]
    public async Task All_filters_endpoints_by_address_and_port_as_one_text(int count, params string[] flags)
    {
        var assignment = new ClusterLoadAssignment
        {
            ClusterName = "c",
            Endpoints =
            {
                new LocalityLbEndpoints { LbEndpoints = { LbEndpointAt("10.0.0.1", 80), LbEndpointAt("10.0.0.2", 81) } },
            },
        };
        Dump dump = Dump.OfTutorial(hasGateway: true, hasVirtualService: true).With(new Cluster { Name = "agent" }).With(new SecretsConfigDump()).With(BootstrapSection())
            .With(new EndpointsConfigDump { DynamicEndpointConfigs = { Dynamic(assignment) } });

        string tables = await dump.PrintAsync(["all", "--compatibility-version", "current", .. flags]);

        Assert.Equal(count, tables.Split('\n').Count(line => line.StartsWith("endpoint/")));
    }

    [Fact]
    public async Task Filters_that_are_sent_apart_are_printed_as_their_section_with_versions_and_times()
    {
        static EcdsConfigDump Section(string name) => new()
        {
            EcdsFilters =
            {
                new EcdsConfigDump.Types.EcdsFilterConfig
                {
                    VersionInfo = "v1",
                    LastUpdated = Timestamp.FromDateTime(DateTime.UnixEpoch),
                    EcdsFilter = Any.Pack(new TypedExtensionConfig { Name = name }),
                },
            },
        };
        Dump dump = new Dump().With(Section("a")).With(Section("b"));

        string json = await dump.PrintAsync("ecds", "-o", "json");

        Assert.Equal(
            """
            {
                "ecdsFilters": [
                    {
                        "versionInfo": "v1",
                        "ecdsFilter": {
                            "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
                            "name": "a"
                        },
                        "lastUpdated": "1970-01-01T00:00:00Z"
                    },
                    {
                        "versionInfo": "v1",
                        "ecdsFilter": {
                            "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
                            "name": "b"
                        },
                        "lastUpdated": "1970-01-01T00:00:00Z"
                    }
                ]
            }

            """,
            json);
        Assert.StartsWith("ecdsFilters:\n- ecdsFilter:\n", await dump.PrintAsync("ecds", "-o", "yaml"));
    }

    [Theory]
    [InlineData("cluster", "ClustersConfigDump")]
    [InlineData("listener", "ListenersConfigDump")]
    [InlineData("route", "RoutesConfigDump")]
    [InlineData("secret", "SecretsConfigDump")]
    [InlineData("bootstrap", "BootstrapConfigDump")]
    [InlineData("ecds", "EcdsConfigDump")]
    public async Task A_missing_section_is_named(string what, string section)
    {
        CommandRun run = await CommandRun.WithInputAsync("{\"configs\":[]}", "pc", what, "-f", "-");

        Assert.Equal($"Error: config dump has no configuration type type.googleapis.com/envoy.admin.v3.{section}", run.Failed);
    }

    private static async Task<string> EndpointsAsync(params string[] arguments)
    {
        string page = ProtoJson.Format(ClusterPage, ProtoJsonForm.ProtoNames, indent: 1);
        return (await CommandRun.WithInputAsync(page, ["pc", "endpoint", "-f", "-", .. arguments])).Succeeded;
    }

    /// <summary>A bootstrap of which the table tells.</summary>
    internal static BootstrapConfigDump BootstrapSection() => new()
    {
        Bootstrap = new Bootstrap
        {
            Node = new Node
            {
                Metadata = new Struct { Fields = { ["ISTIO_VERSION"] = Value.ForString("1.16.2"), ["ISTIO_PROXY_SHA"] = Value.ForString("istio-proxy:abc") } },
                UserAgentBuildVersion = new BuildVersion
                {
                    Version = new SemanticVersion { MajorNumber = 1, MinorNumber = 24, Patch = 1 },
                    Metadata = new Struct { Fields = { ["build.type"] = Value.ForString("RELEASE"), ["revision.status"] = Value.ForString("Clean") } },
                },
            },
        },
    };

    private static ClusterStatus Status(string name, params (string Address, uint Port, HealthStatus Health, bool IsEjected)[] hosts) => new()
    {
        Name = name,
        HostStatuses =
        {
            hosts.Select(host => new HostStatus
            {
                Address = Dump.Socket(host.Address, host.Port),
                HealthStatus = new HostHealthStatus { EdsHealthStatus = host.Health, FailedOutlierCheck = host.IsEjected },
            }),
        },
    };

    private static LbEndpoint LbEndpointAt(string address, uint port) => new() { Endpoint = new Endpoint { Address = Dump.Socket(address, port) } };

    private static EndpointsConfigDump.Types.DynamicEndpointConfig Dynamic(IMessage assignment) => new() { EndpointConfig = Any.Pack(assignment) };
}
