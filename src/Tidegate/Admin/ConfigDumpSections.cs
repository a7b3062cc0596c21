using Envoy.Admin.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Listeners;
using Tidegate.Xds;

namespace Tidegate.Admin;

/// <summary>Makes the sections of a config dump of what the data plane has.</summary>
internal static class ConfigDumpSections
{
    /// <summary>The sections in Envoy's order.</summary>
    public static List<IMessage> Make(ProxyServer proxy, bool includesEndpoints, Func<string, bool> isWanted)
    {
        List<IMessage> sections =
        [
            new BootstrapConfigDump { Bootstrap = proxy.Bootstrap, LastUpdated = TimestampOf(proxy.StartedAt) },
            Clusters(proxy.Configuration, isWanted),
        ];
        if (includesEndpoints)
        {
            sections.Add(Endpoints(proxy.Configuration, isWanted));
        }

        sections.Add(Listeners(proxy, isWanted));
        sections.Add(new ScopedRoutesConfigDump());
        sections.Add(Routes(proxy.Configuration, isWanted));
        sections.Add(Secrets(proxy.Configuration, isWanted));
        return sections;
    }

    private static ClustersConfigDump Clusters(RuntimeConfiguration configuration, Func<string, bool> isWanted)
    {
        var dump = new ClustersConfigDump { VersionInfo = configuration.VersionOf(XdsTypes.Cluster) };
        foreach (AppliedResource resource in Wanted(configuration, XdsTypes.Cluster, isWanted))
        {
            if (resource.IsStatic)
            {
                dump.StaticClusters.Add(new ClustersConfigDump.Types.StaticCluster { Cluster = Shown(resource.Active!.Message), LastUpdated = TimestampOf(resource.Active.LastUpdated) });
            }
            else
            {
                dump.DynamicActiveClusters.Add(new ClustersConfigDump.Types.DynamicCluster
                {
                    VersionInfo = resource.Active?.Version ?? string.Empty,
                    Cluster = resource.Active is { } active ? Shown(active.Message) : null,
                    LastUpdated = resource.Active is { } updated ? TimestampOf(updated.LastUpdated) : null,
                    ErrorState = ErrorOf(resource),
                });
            }
        }

        return dump;
    }

    private static EndpointsConfigDump Endpoints(RuntimeConfiguration configuration, Func<string, bool> isWanted)
    {
        var dump = new EndpointsConfigDump();
        foreach (RuntimeCluster cluster in configuration.Clusters.Where(cluster => cluster.IsStatic && cluster.Source.LoadAssignment is not null && isWanted(cluster.Name)))
        {
            dump.StaticEndpointConfigs.Add(new EndpointsConfigDump.Types.StaticEndpointConfig { EndpointConfig = Any.Pack(cluster.Source.LoadAssignment) });
        }

        foreach (AppliedResource resource in Wanted(configuration, XdsTypes.Endpoint, isWanted).Where(resource => resource.Active is not null))
        {
            dump.DynamicEndpointConfigs.Add(new EndpointsConfigDump.Types.DynamicEndpointConfig
            {
                VersionInfo = resource.Active!.Version,
                EndpointConfig = Shown(resource.Active.Message),
                LastUpdated = TimestampOf(resource.Active.LastUpdated),
                ErrorState = ErrorOf(resource),
            });
        }

        return dump;
    }

    private static ListenersConfigDump Listeners(ProxyServer proxy, Func<string, bool> isWanted)
    {
        RuntimeConfiguration configuration = proxy.Configuration;
        Dictionary<string, ListenerState> states = proxy.ListenerStates.ToDictionary(static state => state.Name);
        var dump = new ListenersConfigDump { VersionInfo = configuration.VersionOf(XdsTypes.Listener) };
        foreach (AppliedResource resource in Wanted(configuration, XdsTypes.Listener, isWanted))
        {
            if (resource.IsStatic)
            {
                dump.StaticListeners.Add(new ListenersConfigDump.Types.StaticListener { Listener = Shown(resource.Active!.Message), LastUpdated = TimestampOf(resource.Active.LastUpdated) });
            }
            else
            {
                // One whose address cannot be had is in no state but that of its error, as in Envoy.
                ListenerState? state = states.GetValueOrDefault(resource.Name);
                bool isClosed = resource.Active is not null && state is { IsServing: false, Problem: not null };
                dump.DynamicListeners.Add(new ListenersConfigDump.Types.DynamicListener
                {
                    Name = resource.Name,
                    ActiveState = isClosed ? null : StateOf(resource.Active),
                    WarmingState = StateOf(resource.Warming),
                    ErrorState = isClosed ? ClosedState(resource.Active!, state!.Problem!) : ErrorOf(resource),
                });
            }
        }

        return dump;
    }

    private static RoutesConfigDump Routes(RuntimeConfiguration configuration, Func<string, bool> isWanted)
    {
        var dump = new RoutesConfigDump();
        foreach (AppliedResource resource in Wanted(configuration, XdsTypes.Route, isWanted).Where(resource => resource.Active is not null))
        {
            if (resource.IsStatic)
            {
                dump.StaticRouteConfigs.Add(new RoutesConfigDump.Types.StaticRouteConfig { RouteConfig = Shown(resource.Active!.Message), LastUpdated = TimestampOf(resource.Active.LastUpdated) });
            }
            else
            {
                dump.DynamicRouteConfigs.Add(new RoutesConfigDump.Types.DynamicRouteConfig
                {
                    VersionInfo = resource.Active!.Version,
                    RouteConfig = Shown(resource.Active.Message),
                    LastUpdated = TimestampOf(resource.Active.LastUpdated),
                    ErrorState = ErrorOf(resource),
                });
            }
        }

        return dump;
    }

    // What the data plane keeps of a secret's message has no key in it, so there is none to leave out here. What listeners and clusters ask
    // for and nobody has sent yet is warming.
    private static SecretsConfigDump Secrets(RuntimeConfiguration configuration, Func<string, bool> isWanted)
    {
        var dump = new SecretsConfigDump();
        HashSet<string> known = [];
        foreach (AppliedResource resource in Wanted(configuration, XdsTypes.Secret, isWanted).Where(resource => resource.Active is not null))
        {
            known.Add(resource.Name);
            dump.DynamicActiveSecrets.Add(new SecretsConfigDump.Types.DynamicSecret
            {
                Name = resource.Name,
                VersionInfo = resource.Active!.Version,
                Secret = Shown(resource.Active.Message),
                LastUpdated = TimestampOf(resource.Active.LastUpdated),
                ErrorState = ErrorOf(resource),
            });
        }

        foreach (string name in configuration.SecretNames.Where(name => isWanted(name) && !known.Contains(name)).Order(StringComparer.Ordinal))
        {
            dump.DynamicWarmingSecrets.Add(new SecretsConfigDump.Types.DynamicSecret
            {
                Name = name,
                VersionInfo = "uninitialized",
                Secret = Any.Pack(new Secret { Name = name }),
            });
        }

        return dump;
    }

    private static IEnumerable<AppliedResource> Wanted(RuntimeConfiguration configuration, string typeUrl, Func<string, bool> isWanted) =>
        configuration.AppliedOf(typeUrl).Where(resource => isWanted(resource.Name));

    private static ListenersConfigDump.Types.DynamicListenerState? StateOf(AppliedVersion? version) => version is null
        ? null
        : new ListenersConfigDump.Types.DynamicListenerState
        {
            VersionInfo = version.Version,
            Listener = Shown(version.Message),
            LastUpdated = TimestampOf(version.LastUpdated),
        };

    private static UpdateFailureState? ErrorOf(AppliedResource resource) => resource.Error is null
        ? null
        : new UpdateFailureState
        {
            FailedConfiguration = Shown(resource.Error.Message),
            Details = resource.Error.Details,
            VersionInfo = resource.Error.Version,
            LastUpdateAttempt = TimestampOf(resource.Error.LastAttempt),
        };

    private static UpdateFailureState ClosedState(AppliedVersion version, string problem) => new()
    {
        FailedConfiguration = Shown(version.Message),
        Details = problem,
        VersionInfo = version.Version,
        LastUpdateAttempt = TimestampOf(version.LastUpdated),
    };

    // Keys and passwords are in no dump.
    private static Any Shown(IMessage message) => Any.Pack(SensitiveFields.Redact(message));

    private static Timestamp TimestampOf(DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);
}
