using System.Text;
using Envoy.Config.Route.V3;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Compilation;

/// <summary>
/// Compiles route configurations to route tables (istio-gateway.md 3, 4). There always is a table: what of a configuration cannot be used costs a
/// virtual host or a route (<see cref="VirtualHostCompiler"/>), and what it says for all of them is then what an earlier version said.
/// </summary>
internal sealed class RouteCompiler(FilterParts filters)
{
    private static readonly Func<RouteConfiguration?> NothingRemembered = static () => null;

    /// <summary>What filters' configurations refer to.</summary>
    public FilterParts Filters => filters;

    /// <summary>Compiles a route configuration.</summary>
    /// <param name="configuration">What is compiled.</param>
    /// <param name="scope">Where it stands; takes what is refused.</param>
    /// <param name="before">The version in force, from which is taken what has not changed; null compiles all.</param>
    /// <param name="remembered">Last good units from before the process began; null when there are none.</param>
    public RouteTable Compile(RouteConfiguration configuration, CompileScope scope, RouteTable? before = null, Func<RouteConfiguration?>? remembered = null)
    {
        // 1. What it says for all virtual hosts.
        CompileUnit unit = scope.BeginUnit();
        RouteLevels top = Top(configuration, unit.Scope);
        RouteConfiguration settings = configuration;
        if (unit.IsRefused)
        {
            unit.LeaveOut(before is not null);
            if (before is not null)
            {
                settings = before.Settings;
                top = Top(settings, new CompileReport().Root);
            }
        }

        // 2. The virtual hosts: as they are where nothing has changed, else compiled.
        var known = KnownVirtualHosts.Of(before, settings);
        var lastGood = new LastGoodVirtualHosts(before, () => Remembered((remembered ?? NothingRemembered)()));
        var compiler = new VirtualHostCompiler(filters.Clusters, new SharedRouteParts(filters));
        var virtualHosts = new RuntimeVirtualHost[configuration.VirtualHosts.Count];
        for (int i = 0; i < virtualHosts.Length; i++)
        {
            VirtualHost source = configuration.VirtualHosts[i];
            if (known.Find(source) is { } same)
            {
                scope.Report.AddRange(same.Refused);
                virtualHosts[i] = same;
            }
            else
            {
                virtualHosts[i] = compiler.Compile(source, top, scope.Named("virtual_hosts", source.Name), lastGood);
            }
        }

        // 3. Their domains.
        int count = scope.Report.LeftOut.Count;
        HostTable<RuntimeVirtualHost> hosts = before is { HasConflicts: false } && HasSameDomains(before, virtualHosts)
            ? before.Hosts.WithReplaced(Replacements(before, virtualHosts))
            : Index(virtualHosts, scope);
        return new RouteTable
        {
            Name = configuration.Name,
            Source = configuration,
            Settings = settings,
            InForce = InForce(configuration, settings, virtualHosts),
            Hosts = hosts,
            VirtualHosts = virtualHosts,
            HasConflicts = scope.Report.LeftOut.Count > count,
            IgnoresPort = settings.IgnorePortInHostMatching,
            InternalOnlyHeaders = [.. settings.InternalOnlyHeaders.Select(static name => Encoding.UTF8.GetBytes(name.ToLowerInvariant()))],
        };
    }

    /// <summary>The table of a route configuration that cannot be read at all: it answers 503 to everything, so that its listener can open for its other chains.</summary>
    public static RouteTable Unavailable(string name)
    {
        var source = new VirtualHost { Name = name, Domains = { "*" } };
        RuntimeVirtualHost host = VirtualHostCompiler.Unavailable(source, origin: null, refused: []);
        var configuration = new RouteConfiguration { Name = name, VirtualHosts = { source } };
        return new RouteTable
        {
            Name = name,
            Source = configuration,
            Settings = configuration,
            InForce = configuration,
            Hosts = Index([host], new CompileReport().Root),
            VirtualHosts = [host],
        };
    }

    private RouteLevels Top(RouteConfiguration configuration, CompileScope scope)
    {
        scope.RefuseIf(configuration.Vhds is not null, "vhds is not supported");
        scope.RefuseIf(configuration.IgnorePathParametersInPathMatching, "ignore_path_parameters_in_path_matching is not supported");
        return new RouteLevels(configuration, new FilterConfigCompiler(filters), scope);
    }

    private RouteTable? Remembered(RouteConfiguration? remembered) => remembered is null ? null : Compile(remembered, new CompileReport().Root);

    // Names and domains are there once in a table without conflicts.
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

    // A domain leads to the first virtual host that has it; the others do without it. A name stands for the first that has it; what others have of
    // domains answers 503.
    private static HostTable<RuntimeVirtualHost> Index(RuntimeVirtualHost[] virtualHosts, CompileScope scope)
    {
        var hosts = new HostTable<RuntimeVirtualHost>();
        var names = new HashSet<string>(virtualHosts.Length);
        foreach (RuntimeVirtualHost host in virtualHosts)
        {
            CompileScope at = scope.Named("virtual_hosts", host.Name).BeginUnit(ConfigOrigin.Of(host.Source.Metadata)).Scope;
            bool isNew = names.Add(host.Name);
            RuntimeVirtualHost indexed = isNew ? host : VirtualHostCompiler.Unavailable(host.Source, ConfigOrigin.Of(host.Source.Metadata), []);
            at.LeaveOutIf(!isNew, "another virtual host has that name");
            at.LeaveOutIf(host.Domains.Count == 0, "domains is empty");
            foreach (string domain in host.Domains)
            {
                if (HostRules.CheckDomain(domain) is { } problem)
                {
                    at.LeaveOutIf(true, problem);
                }
                else if (!hosts.TryAdd(domain, indexed))
                {
                    at.LeaveOutIf(true, $"the domain \"{domain}\" is taken by another virtual host");
                }
            }
        }

        return hosts;
    }

    private static RouteConfiguration InForce(RouteConfiguration configuration, RouteConfiguration settings, RuntimeVirtualHost[] virtualHosts)
    {
        if (ReferenceEquals(settings, configuration) && Array.TrueForAll(virtualHosts, static host => ReferenceEquals(host.InForce, host.Source)))
        {
            return configuration;
        }

        RouteConfiguration inForce = RouteTable.ShellOf(settings);
        inForce.VirtualHosts.Add(virtualHosts.Select(static host => host.InForce));
        return inForce;
    }
}
