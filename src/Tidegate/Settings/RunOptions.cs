using System.Net;
using Tidegate.Http.Http2;
using Tidegate.Pilot.Sources.Kubernetes;
using Tidegate.Pilot.Sources.Reading;
using Tidegate.Pilot.Translation;
using Tidegate.Proxy.Workers;

namespace Tidegate.Settings;

/// <summary>
/// All that <c>tidegate run</c> can be told. The defaults are here and in the records that it holds, and nowhere else; <see cref="RunOptionTable"/> names each on the
/// command line.
/// </summary>
public sealed record RunOptions
{
    /// <summary>The port of the admin pages unless another is given: Envoy's in every Istio gateway.</summary>
    public const int DefaultAdminPort = 15000;

    /// <summary>The directory of manifests; empty for none, beside a cluster.</summary>
    public string Directory { get; init; } = ".";

    /// <summary>Whether objects come from a cluster.</summary>
    public bool FollowsCluster { get; init; }

    /// <summary>The kubeconfig's file; empty takes the pod's service account, or outside of a pod KUBECONFIG or ~/.kube/config.</summary>
    public string Kubeconfig { get; init; } = string.Empty;

    /// <summary>The kubeconfig's context; empty takes its current one.</summary>
    public string KubeContext { get; init; } = string.Empty;

    /// <summary>What of the cluster is read; no namespaces of Secrets: the gateway's own.</summary>
    public ClusterSourceOptions Cluster { get; init; } = new() { SecretNamespaces = [] };

    /// <summary>
    /// The folder in which last good versions of wrong objects outlive the process; empty remembers none. <see cref="RunOptionTable"/> makes the default of the
    /// user's state directory.
    /// </summary>
    public string StateFolder { get; init; } = string.Empty;

    /// <summary>The namespace of objects that name none.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>The address of the admin and agent pages.</summary>
    public IPAddress AdminAddress { get; init; } = IPAddress.Loopback;

    /// <summary>The port of Envoy's admin pages.</summary>
    public int AdminPort { get; init; } = DefaultAdminPort;

    /// <summary>The port of the agent's pages, to which the status port leads.</summary>
    public int AgentPort { get; init; } = 15020;

    /// <summary>The port of <c>/healthz/ready</c>.</summary>
    public int StatusPort { get; init; } = 15021;

    /// <summary>The port of <c>/stats/prometheus</c>.</summary>
    public int MetricsPort { get; init; } = 15090;

    /// <summary>Endpoints of Services, as given on the command line.</summary>
    public IReadOnlyList<EndpointOverride> Endpoints { get; init; } = [];

    /// <summary>The gateway's namespace.</summary>
    public string GatewayNamespace { get; init; } = "istio-system";

    /// <summary>The gateway's labels, which a Gateway's selector has to fit.</summary>
    public IReadOnlyDictionary<string, string> GatewayLabels { get; init; } = ProxyNode.IngressGateway.Labels;

    /// <summary>
    /// The name of the gateway's deployment, by which <c>proxy-config</c> asks for it; empty makes it of the labels as Istio's charts do: <c>app</c>, else
    /// <c>istio</c>.
    /// </summary>
    public string GatewayName { get; init; } = string.Empty;

    /// <summary>What Istio would know of the gateway's pod.</summary>
    public ProxyNode Node
    {
        get
        {
            string workload = GatewayName.Length > 0 ? GatewayName
                : GatewayLabels.GetValueOrDefault("app")
                ?? (GatewayLabels.GetValueOrDefault("istio") is { } istio && istio != "ingressgateway" ? istio : ProxyNode.IngressGateway.Workload);
            return ProxyNode.IngressGateway with { Workload = workload, Name = $"{workload}-local", Namespace = GatewayNamespace, Labels = GatewayLabels };
        }
    }

    /// <summary>Which Istio's output and configuration are followed.</summary>
    public CompatibilityVersion Compatibility { get; init; } = CompatibilityVersion.Istio1_16;

    /// <summary>Where the gateway's own certificate of the mesh is: <c>cert-chain.pem</c>, <c>key.pem</c>, <c>root-cert.pem</c>.</summary>
    public string WorkloadCertificates { get; init; } = "/etc/certs";

    /// <summary>The access log's file; empty for none.</summary>
    public string AccessLog { get; init; } = "/dev/stdout";

    /// <summary>The access log's format: empty for Istio's own.</summary>
    public string AccessLogFormat { get; init; } = string.Empty;

    /// <summary>Whether the access log is JSON.</summary>
    public bool IsAccessLogJson { get; init; }

    /// <summary>The least level that the event log shows.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Whether the load balancer's and the node ports of the gateway's Service are opened.</summary>
    public bool OpensServicePorts { get; init; } = true;

    /// <summary>The limits on requests in HTTP/2: those that both versions have are the same.</summary>
    public Http2Limits Http2Limits => Proxy.Http2Limits with
    {
        MaxHeaderListBytes = Proxy.Http1Limits.MaxHeaderBytes,
        MaxFieldBlockBytes = Math.Max(Proxy.Http2Limits.MaxFieldBlockBytes, Proxy.Http1Limits.MaxHeaderBytes + 4096),
        MaxHeaderCount = Proxy.Http1Limits.MaxHeaderCount,
        RejectUnderscoreHeaders = Proxy.Http1Limits.RejectUnderscoreHeaders,
    };

    /// <summary>How long a manifest may be, bytes; a longer one is refused, and its last good objects stay.</summary>
    public long MaxManifestBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>How much of a manifest is read, and how much is told of what is wrong with it.</summary>
    public ManifestLimits Manifests { get; init; } = ManifestLimits.Default;

    /// <summary>How long a file with certificates, a key or revocations may be, bytes.</summary>
    public long MaxCertificateBytes { get; init; } = 1024 * 1024;

    /// <summary>What the data plane is told; what it finds out by itself (version) is not given here.</summary>
    public ProxyOptions Proxy { get; init; } = new();
}
