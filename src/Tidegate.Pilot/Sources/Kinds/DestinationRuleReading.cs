using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads a DestinationRule's <c>spec</c> (Istio: <c>networking/v1alpha3/destination_rule.proto</c>).</summary>
internal static class DestinationRuleReading
{
    public static DestinationRuleSpec Read(ObjectReader spec) => new()
    {
        Host = spec.Text("host"),
        TrafficPolicy = spec.Object("trafficPolicy", ReadTrafficPolicy),
        Subsets = spec.Objects("subsets", ReadSubset),
        ExportTo = spec.Texts("exportTo"),
        WorkloadSelector = spec.Object("workloadSelector", reader => new Selector(reader.Map("matchLabels")))?.Labels,
    };

    private static Subset ReadSubset(ObjectReader subset) => new()
    {
        Name = subset.Text("name"),
        Labels = subset.Map("labels"),
        TrafficPolicy = subset.Object("trafficPolicy", ReadTrafficPolicy),
    };

    private static TrafficPolicy ReadTrafficPolicy(ObjectReader policy) => new()
    {
        LoadBalancer = policy.Object("loadBalancer", LoadBalancerReading.Read),
        ConnectionPool = policy.Object("connectionPool", ReadConnectionPool),
        OutlierDetection = policy.Object("outlierDetection", ReadOutlierDetection),
        Tls = policy.Object("tls", ReadTls),
        PortLevelSettings = policy.Objects("portLevelSettings", ReadPortPolicy),
        Tunnel = policy.Object("tunnel", reader => new TunnelSettings
        {
            Protocol = reader.Text("protocol"),
            TargetHost = reader.Text("targetHost"),
            TargetPort = reader.Unsigned("targetPort"),
        }),
        ProxyProtocol = policy.Object("proxyProtocol", reader => new Version(reader.Enum("version", ("V1", ProxyProtocolVersion.V1), ("V2", ProxyProtocolVersion.V2))))?.Value,
        RetryBudget = policy.Object("retryBudget", ReadRetryBudget),
    };

    private static RetryBudget ReadRetryBudget(ObjectReader budget)
    {
        budget.NotActedOn("budgetInterval", "retries are a share of the requests that are active at the moment");
        return new RetryBudget { Percent = budget.OptionalDouble("percent"), MinRetryConcurrency = budget.OptionalUnsigned("minRetryConcurrency") };
    }

    private static PortTrafficPolicy ReadPortPolicy(ObjectReader policy) => new()
    {
        Port = policy.Object("port", reader => new PortSelector(reader.Unsigned("number")))?.Number,
        LoadBalancer = policy.Object("loadBalancer", LoadBalancerReading.Read),
        ConnectionPool = policy.Object("connectionPool", ReadConnectionPool),
        OutlierDetection = policy.Object("outlierDetection", ReadOutlierDetection),
        Tls = policy.Object("tls", ReadTls),
    };

    public static ConnectionPoolSettings ReadConnectionPool(ObjectReader pool) => new()
    {
        Tcp = pool.Object("tcp", reader => new TcpSettings
        {
            MaxConnections = (int)reader.Number("maxConnections"),
            ConnectTimeout = reader.Duration("connectTimeout"),
            TcpKeepalive = reader.Object("tcpKeepalive", ReadKeepalive),
            MaxConnectionDuration = reader.Duration("maxConnectionDuration"),
            IdleTimeout = reader.Duration("idleTimeout"),
        }),
        Http = pool.Object("http", reader => new HttpSettings
        {
            Http1MaxPendingRequests = (int)reader.Number("http1MaxPendingRequests"),
            Http2MaxRequests = (int)reader.Number("http2MaxRequests"),
            MaxRequestsPerConnection = (int)reader.Number("maxRequestsPerConnection"),
            MaxRetries = (int)reader.Number("maxRetries"),
            IdleTimeout = reader.Duration("idleTimeout"),
            H2UpgradePolicy = reader.Enum(
                "h2UpgradePolicy",
                ("DEFAULT", H2UpgradePolicy.Default),
                ("DO_NOT_UPGRADE", H2UpgradePolicy.DoNotUpgrade),
                ("UPGRADE", H2UpgradePolicy.Upgrade)),
            UseClientProtocol = reader.Flag("useClientProtocol"),
            MaxConcurrentStreams = (int)reader.Number("maxConcurrentStreams"),
            Http2KeepAlive = reader.Object("http2KeepAlive", keepalive => new Http2KeepAlive
            {
                Interval = keepalive.Duration("interval"),
                Timeout = keepalive.Duration("timeout"),
            }),
        }),
    };

    public static TcpKeepalive ReadKeepalive(ObjectReader keepalive) => new()
    {
        Probes = keepalive.Unsigned("probes"),
        Time = keepalive.Duration("time"),
        Interval = keepalive.Duration("interval"),
    };

    public static OutlierDetection ReadOutlierDetection(ObjectReader outlier) => new()
    {
        ConsecutiveErrors = (int)outlier.Number("consecutiveErrors"),
        SplitExternalLocalOriginErrors = outlier.Flag("splitExternalLocalOriginErrors"),
        ConsecutiveLocalOriginFailures = outlier.OptionalUnsigned("consecutiveLocalOriginFailures"),
        ConsecutiveGatewayErrors = outlier.OptionalUnsigned("consecutiveGatewayErrors"),
        Consecutive5xxErrors = outlier.OptionalUnsigned("consecutive5xxErrors"),
        Interval = outlier.Duration("interval"),
        BaseEjectionTime = outlier.Duration("baseEjectionTime"),
        MaxEjectionPercent = (int)outlier.Number("maxEjectionPercent"),
        MinHealthPercent = (int)outlier.Number("minHealthPercent"),
        OutlierDetectionHttpErrorCodes = outlier.Numbers("outlierDetectionHttpErrorCodes"),
    };

    private static ClientTlsSettings ReadTls(ObjectReader tls) => new()
    {
        Mode = tls.Enum(
            "mode",
            ("DISABLE", ClientTlsMode.Disable),
            ("SIMPLE", ClientTlsMode.Simple),
            ("MUTUAL", ClientTlsMode.Mutual),
            ("ISTIO_MUTUAL", ClientTlsMode.IstioMutual)),
        ClientCertificate = tls.Text("clientCertificate"),
        PrivateKey = tls.Text("privateKey"),
        CaCertificates = tls.Text("caCertificates"),
        CaCrl = tls.Text("caCrl"),
        CredentialName = tls.Text("credentialName"),
        SubjectAltNames = tls.Texts("subjectAltNames"),
        Sni = tls.Text("sni"),
        InsecureSkipVerify = tls.OptionalFlag("insecureSkipVerify"),
    };

    private sealed record Selector(IReadOnlyDictionary<string, string> Labels);

    private sealed record PortSelector(uint Number);

    private sealed record Version(ProxyProtocolVersion Value);
}
