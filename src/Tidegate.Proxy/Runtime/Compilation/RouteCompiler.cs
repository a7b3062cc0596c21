using System.Text;
using Envoy.Config.Route.V3;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime.Compilation.Filters;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Compiles route configurations to route tables (istio-gateway.md 3, 4).</summary>
internal sealed class RouteCompiler(ClusterSlotTable clusters, RepeatedHeaderMode repeatedHeaders)
{
    /// <summary>What filters' configurations refer to.</summary>
    public FilterParts Filters { get; } = new(new MatcherCompiler(repeatedHeaders), clusters);

    /// <summary>Compiles a route configuration; null when there are reasons to refuse it.</summary>
    /// <param name="configuration">What is compiled.</param>
    /// <param name="report">Takes the reasons.</param>
    /// <param name="before">The version in force, from which is taken what has not changed; null compiles all.</param>
    public RouteTable? Compile(RouteConfiguration configuration, CompileReport report, RouteTable? before = null)
    {
        CompileScope scope = report.Root;
        scope.RefuseIf(configuration.Vhds is not null, "vhds is not supported");
        scope.RefuseIf(configuration.IgnorePathParametersInPathMatching, "ignore_path_parameters_in_path_matching is not supported");
        var top = new RouteLevels(configuration, new FilterConfigCompiler(Filters), scope);
        var known = KnownVirtualHosts.Of(before, configuration);
        var compiler = new VirtualHostCompiler(clusters, new SharedRouteParts(Filters.Matchers));
        var virtualHosts = new RuntimeVirtualHost[configuration.VirtualHosts.Count];
        for (int i = 0; i < virtualHosts.Length; i++)
        {
            VirtualHost source = configuration.VirtualHosts[i];
            virtualHosts[i] = known.Find(source) ?? compiler.Compile(source, top, ScopeOf(source, i, scope));
        }

        HostTable<RuntimeVirtualHost> hosts = before is not null && HasSameDomains(before, virtualHosts)
            ? before.Hosts.WithReplaced(Replacements(before, virtualHosts))
            : Index(virtualHosts, scope);
        return report.Reasons.Count > 0 ? null : new RouteTable
        {
            Name = configuration.Name,
            Source = configuration,
            Hosts = hosts,
            VirtualHosts = virtualHosts,
            IgnoresPort = configuration.IgnorePortInHostMatching,
            InternalOnlyHeaders = [.. configuration.InternalOnlyHeaders.Select(static name => Encoding.UTF8.GetBytes(name.ToLowerInvariant()))],
        };
    }

    private static CompileScope ScopeOf(VirtualHost host, int index, CompileScope scope) => scope.At($"virtual_hosts[{index}] \"{host.Name}\"");

    // What is in force was checked: its names and domains are there once.
    private static bool HasSameDomains(RouteTable before, RuntimeVirtualHost[] virtualHosts)
    {
        if (before.VirtualHosts.Count != virtualHosts.Length)
        {
            return false;
        }

        for (int i = 0; i < virtualHosts.Length; i++)
        {
            RuntimeVirtualHost was = before.VirtualHosts[i];
            RuntimeVirtualHost now = virtualHosts[i];
            if (!ReferenceEquals(was, now) && (was.Name != now.Name || !was.Domains.SequenceEqual(now.Domains)))
            {
                return false;
            }
        }

        return true;
    }

    private static Dictionary<RuntimeVirtualHost, RuntimeVirtualHost> Replacements(RouteTable before, RuntimeVirtualHost[] virtualHosts)
    {
        Dictionary<RuntimeVirtualHost, RuntimeVirtualHost> replacements = [];
        for (int i = 0; i < virtualHosts.Length; i++)
        {
            if (!ReferenceEquals(before.VirtualHosts[i], virtualHosts[i]))
            {
                replacements.Add(before.VirtualHosts[i], virtualHosts[i]);
            }
        }

        return replacements;
    }

    private static HostTable<RuntimeVirtualHost> Index(RuntimeVirtualHost[] virtualHosts, CompileScope scope)
    {
        var hosts = new HostTable<RuntimeVirtualHost>();
        var names = new HashSet<string>(virtualHosts.Length);
        for (int i = 0; i < virtualHosts.Length; i++)
        {
            RuntimeVirtualHost host = virtualHosts[i];
            if (!names.Add(host.Name))
            {
                ScopeOf(host.Source, i, scope).Refuse("another virtual host has that name");
            }

            if (host.Domains.Count == 0)
            {
                ScopeOf(host.Source, i, scope).Refuse("domains is empty");
            }

            foreach (string domain in host.Domains)
            {
                if (domain.Length == 0)
                {
                    ScopeOf(host.Source, i, scope).Refuse("a domain is empty");
                }
                else if (!hosts.TryAdd(domain, host))
                {
                    ScopeOf(host.Source, i, scope).Refuse($"the domain \"{domain}\" is taken by another virtual host");
                }
            }
        }

        return hosts;
    }
}
