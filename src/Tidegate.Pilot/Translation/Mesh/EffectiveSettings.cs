using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Translation.Mesh;

/// <summary>
/// The settings that hold after the objects that change them: the ConfigMap <c>istio</c> of the root namespace over the settings of the
/// process, and ProxyConfigs over that (spec 9.1). Gives the same instances again as long as these objects are the same.
/// </summary>
internal sealed class EffectiveSettings
{
    private const string MetadataPrefix = "ISTIO_META_";

    private ConfigMap? _map;
    private IReadOnlyList<ProxyConfig> _proxies = [];
    private TranslationInput? _from;
    private TranslationInput? _result;

    /// <summary>What changed the settings of the process; null when nothing did.</summary>
    public ConfigMap? Source => _map;

    /// <summary>What is to be said about that: what was asked for at the start and does not count.</summary>
    public IEnumerable<Finding> Findings
    {
        get
        {
            if (_map?.Mesh is not { } mesh)
            {
                yield break;
            }
            var own = _from!.Mesh;
            if (mesh.AccessLogFile is { } file && file != own.AccessLogFile && (own.IsAccessLogFileAskedFor || own.AccessLogFile.Length > 0))
            {
                yield return Replaced(
                    own.IsAccessLogFileAskedFor ? Severity.Warning : Severity.Info,
                    $"accessLogFile: \"{file}\" counts, in place of the gateway's own option, --access-log {(own.AccessLogFile.Length == 0 ? "off" : own.AccessLogFile)}");
            }
            if (mesh.AccessLogFormat is { } format && own.AccessLogFormat.Length > 0 && format != own.AccessLogFormat)
            {
                yield return Replaced(Severity.Warning, "accessLogFormat counts, in place of the gateway's own option, --access-log-format");
            }
            if (mesh.AccessLogIsJson == false && own.AccessLogIsJson)
            {
                yield return Replaced(Severity.Warning, "accessLogEncoding: TEXT counts, in place of the gateway's own option, --access-log-encoding json");
            }
        }
    }

    /// <summary>The input with the settings that hold.</summary>
    public TranslationInput Resolve(TranslationInput input)
    {
        var map = input.Objects.Find<ConfigMap>(input.Mesh.RootNamespace, ConfigMap.MeshName);
        var mesh = map?.Mesh is { } config ? Over(input.Mesh, config) : input.Mesh;
        ProxyConfig[] proxies = [.. Proxies(input, mesh)];
        if (_result is null || !ReferenceEquals(map, _map) || !proxies.SequenceEqual(_proxies, ReferenceEqualityComparer.Instance) ||
            _from!.Mesh != input.Mesh || _from.Node != input.Node)
        {
            (_map, _proxies, _from) = (map, proxies, input);
            _result = input with { Mesh = mesh, Node = WithMetadata(input.Node, map?.Mesh?.DefaultConfig, proxies) };
        }
        return input with { Mesh = _result.Mesh, Node = _result.Node };
    }

    private Finding Replaced(Severity severity, string message) => new(severity, DiagnosticCodes.SettingReplaced, _map!, ConfigMap.MeshKey, message);

    /// <summary>The ProxyConfigs for the gateway, the weakest first: the root namespace's, its own namespace's, those that select it; the oldest of each counts most.</summary>
    private static IEnumerable<ProxyConfig> Proxies(TranslationInput input, MeshSettings mesh)
    {
        var all = input.Objects.All<ProxyConfig>().OrderDescending(ResourceAge.Comparer).Cast<ProxyConfig>().ToArray();
        return all.Where(proxy => proxy.Namespace == mesh.RootNamespace && proxy.Spec.Selector is null && input.Node.Namespace != mesh.RootNamespace)
            .Concat(all.Where(proxy => proxy.Namespace == input.Node.Namespace && proxy.Spec.Selector is null))
            .Concat(all.Where(proxy => proxy.Namespace == input.Node.Namespace && proxy.Spec.Selector is not null && input.Node.IsSelectedBy(proxy.Spec.Selector)));
    }

    /// <summary>What the gateway was started with counts most.</summary>
    private static ProxyNode WithMetadata(ProxyNode node, MeshProxyConfig? config, IEnumerable<ProxyConfig> proxies)
    {
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var variables in proxies.Select(proxy => proxy.Spec.EnvironmentVariables).Prepend(config?.ProxyMetadata ?? ResourceMetadata.NoEntries))
        {
            foreach (var (name, value) in variables)
            {
                if (name.StartsWith(MetadataPrefix, StringComparison.Ordinal))
                {
                    metadata[name[MetadataPrefix.Length..]] = value;
                }
            }
        }
        if (metadata.Count == 0)
        {
            return node;
        }
        foreach (var (name, value) in node.Metadata)
        {
            metadata[name] = value;
        }
        return node with { Metadata = metadata };
    }

    private static MeshSettings Over(MeshSettings mesh, MeshConfig config)
    {
        var proxy = config.DefaultConfig ?? new MeshProxyConfig();
        return mesh with
        {
            AccessLogFile = config.AccessLogFile ?? mesh.AccessLogFile,
            AccessLogFormat = config.AccessLogFormat ?? mesh.AccessLogFormat,
            AccessLogIsJson = config.AccessLogIsJson ?? mesh.AccessLogIsJson,
            ListenerLogDisabled = config.DisableListenerLog ?? mesh.ListenerLogDisabled,
            ConnectTimeout = config.ConnectTimeout ?? mesh.ConnectTimeout,
            TcpKeepalive = config.TcpKeepalive ?? mesh.TcpKeepalive,
            DefaultHttpRetryPolicy = config.DefaultHttpRetryPolicy ?? mesh.DefaultHttpRetryPolicy,
            PathNormalization = config.PathNormalization ?? mesh.PathNormalization,
            RootNamespace = config.RootNamespace ?? mesh.RootNamespace,
            TrustDomain = config.TrustDomain ?? mesh.TrustDomain,
            TrustDomainAliases = config.TrustDomainAliases ?? mesh.TrustDomainAliases,
            DiscoverySelectors = config.DiscoverySelectors ?? mesh.DiscoverySelectors,
            DefaultServiceExportTo = config.DefaultServiceExportTo ?? mesh.DefaultServiceExportTo,
            DefaultVirtualServiceExportTo = config.DefaultVirtualServiceExportTo ?? mesh.DefaultVirtualServiceExportTo,
            DefaultDestinationRuleExportTo = config.DefaultDestinationRuleExportTo ?? mesh.DefaultDestinationRuleExportTo,
            DnsRefreshRate = config.DnsRefreshRate ?? mesh.DnsRefreshRate,
            UpgradesToHttp2 = config.UpgradesToHttp2 ?? mesh.UpgradesToHttp2,
            OutboundClusterStatName = config.OutboundClusterStatName ?? mesh.OutboundClusterStatName,
            LocalityLb = config.LocalityLbSetting ?? mesh.LocalityLb,
            ZoneAwareLb = config.ZoneAwareLbSetting ?? mesh.ZoneAwareLb,
            DefaultConnectionPool = config.DefaultConnectionPool ?? mesh.DefaultConnectionPool,
            DefaultOutlierDetection = config.DefaultOutlierDetection ?? mesh.DefaultOutlierDetection,
            TlsDefaults = config.TlsDefaults ?? mesh.TlsDefaults,
            ExtensionProviders = config.ExtensionProviders ?? mesh.ExtensionProviders,
            TrustedProxyCount = (int?)proxy.TrustedProxyCount ?? mesh.TrustedProxyCount,
            ForwardedClientCert = proxy.ForwardedClientCert ?? mesh.ForwardedClientCert,
            RequiresProxyProtocol = proxy.RequiresProxyProtocol ?? mesh.RequiresProxyProtocol,
            ServerHeaderDisabled = proxy.ServerHeaderDisabled ?? mesh.ServerHeaderDisabled,
            ServerHeader = proxy.ServerHeader ?? mesh.ServerHeader,
            RequestIdDisabled = proxy.RequestIdDisabled ?? mesh.RequestIdDisabled,
            AttemptCountDisabled = proxy.AttemptCountDisabled ?? mesh.AttemptCountDisabled,
            EnvoyDebugHeadersDisabled = proxy.EnvoyDebugHeadersDisabled ?? mesh.EnvoyDebugHeadersDisabled,
            PreservesHeaderCase = proxy.PreservesHeaderCase ?? mesh.PreservesHeaderCase,
            AppendsXForwardedHost = proxy.AppendsXForwardedHost ?? mesh.AppendsXForwardedHost,
            AppendsXForwardedPort = proxy.AppendsXForwardedPort ?? mesh.AppendsXForwardedPort,
            ConnectionSettings = proxy.ConnectionSettings?.WithProfile() ?? mesh.ConnectionSettings,
        };
    }
}
