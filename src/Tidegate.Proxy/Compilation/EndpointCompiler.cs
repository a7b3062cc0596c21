using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Tidegate.Proxy.Clusters;

namespace Tidegate.Proxy.Compilation;

/// <summary>
/// Compiles assignments to sets of endpoints (istio-gateway.md 5.7). Checking comes first and changes nothing; only what can be used is made into
/// a set, because that gives endpoints their new states. Each endpoint, and each locality, is a unit of refusal.
/// </summary>
internal static class EndpointCompiler
{
    private const uint DefaultOverprovisioningFactor = 140;
    private const uint MaxPriority = 128;

    /// <summary>What of an assignment can be used: the assignment itself, or one without the units that cannot. Null when it is refused because none can.</summary>
    /// <param name="assignment">The assignment.</param>
    /// <param name="needsLookup">Whether its addresses may be names.</param>
    /// <param name="scope">Where it stands.</param>
    public static ClusterLoadAssignment? Usable(ClusterLoadAssignment assignment, bool needsLookup, CompileScope scope)
    {
        scope.NoteIf(assignment.Policy?.DropOverloads.Count > 0, "drop_overloads is not acted on");
        int count = scope.Report.LeftOut.Count;
        List<LocalityLbEndpoints> localities = [];
        bool hasEndpoints = false;
        for (int i = 0; i < assignment.Endpoints.Count; i++)
        {
            LocalityLbEndpoints locality = assignment.Endpoints[i];
            CompileUnit unit = scope.At("endpoints", i).BeginUnit();
            hasEndpoints |= locality.LbEndpoints.Count > 0;
            unit.Scope.RefuseIf(locality.LbConfigCase != LocalityLbEndpoints.LbConfigOneofCase.None, $"{locality.LbConfigCase} is not supported");
            unit.Scope.RefuseIf(locality.Priority > MaxPriority, $"priority {locality.Priority} is greater than {MaxPriority}");
            if (unit.IsRefused)
            {
                unit.LeaveOut(keepsLastGood: false);
            }
            else
            {
                localities.Add(Usable(locality, needsLookup, unit.Scope));
            }
        }

        if (scope.Report.LeftOut.Count == count)
        {
            return assignment;
        }

        if (hasEndpoints && localities.TrueForAll(static locality => locality.LbEndpoints.Count == 0))
        {
            scope.Refuse("none of its endpoints can be used");
            return null;
        }

        var usable = new ClusterLoadAssignment(assignment);
        usable.Endpoints.Clear();
        usable.Endpoints.Add(localities);
        return usable;
    }

    /// <summary>Makes the set of an assignment that was checked.</summary>
    /// <param name="assignment">The assignment.</param>
    /// <param name="registry">The cluster's endpoints so far.</param>
    /// <param name="resolve">What an address leads to: itself for one that needs no lookup, what DNS said for a name.</param>
    public static EndpointSet Compile(
        ClusterLoadAssignment assignment,
        EndpointRegistry registry,
        Func<Address, IReadOnlyList<EndPoint>> resolve)
    {
        List<EndpointLocality> localities = [];
        foreach (LocalityLbEndpoints source in assignment.Endpoints.OrderBy(static locality => locality.Priority))
        {
            List<(RuntimeEndpoint, EndpointState)> members = [];
            foreach (LbEndpoint endpoint in source.LbEndpoints)
            {
                var state = new EndpointState
                {
                    Weight = Math.Max(1, endpoint.LoadBalancingWeight ?? 1),
                    Health = HealthOf(endpoint.HealthStatus),
                    EdsHealth = endpoint.HealthStatus,
                    Locality = source.Locality,
                    Priority = source.Priority,
                    Metadata = endpoint.Metadata,
                    HealthCheckPort = (int)(endpoint.Endpoint.HealthCheckConfig?.PortValue ?? 0),
                    HealthCheckHostname = endpoint.Endpoint.HealthCheckConfig?.Hostname ?? string.Empty,
                    IsActiveCheckDisabled = endpoint.Endpoint.HealthCheckConfig?.DisableActiveHealthCheck ?? false,
                };
                string hostname = HostnameOf(endpoint.Endpoint);
                foreach (EndPoint address in resolve(endpoint.Endpoint.Address))
                {
                    if (registry.Take(address, hostname, state) is { } taken)
                    {
                        members.Add((taken, state));
                    }
                }
            }

            localities.Add(new EndpointLocality(source.Locality, source.Priority, source.LoadBalancingWeight ?? 0, members));
        }

        registry.Commit();
        return new EndpointSet(localities, assignment.Policy?.OverprovisioningFactor ?? DefaultOverprovisioningFactor, assignment);
    }

    /// <summary>What an address leads to that needs no lookup.</summary>
    public static IReadOnlyList<EndPoint> Literal(Address address) =>
        AddressCompiler.Connecting(address, new CompileReport().Root) is { } endPoint ? [endPoint] : [];

    private static LocalityLbEndpoints Usable(LocalityLbEndpoints locality, bool needsLookup, CompileScope scope)
    {
        List<LbEndpoint> endpoints = [];
        for (int i = 0; i < locality.LbEndpoints.Count; i++)
        {
            LbEndpoint endpoint = locality.LbEndpoints[i];
            CompileUnit unit = scope.At("lb_endpoints", i).BeginUnit(ConfigOrigin.Of(endpoint.Metadata));
            Check(endpoint, needsLookup, unit.Scope);
            if (unit.IsRefused)
            {
                unit.LeaveOut(keepsLastGood: false);
            }
            else
            {
                endpoints.Add(endpoint);
            }
        }

        if (endpoints.Count == locality.LbEndpoints.Count)
        {
            return locality;
        }

        var usable = new LocalityLbEndpoints(locality);
        usable.LbEndpoints.Clear();
        usable.LbEndpoints.Add(endpoints);
        return usable;
    }

    private static void Check(LbEndpoint endpoint, bool needsLookup, CompileScope scope)
    {
        if (endpoint.HostIdentifierCase != LbEndpoint.HostIdentifierOneofCase.Endpoint)
        {
            scope.Refuse("endpoint is missing; a reference to a named one is not supported");
        }
        else if (!needsLookup)
        {
            AddressCompiler.Connecting(endpoint.Endpoint.Address, scope.At("endpoint.address"));
        }
        else if (endpoint.Endpoint.Address?.SocketAddress is not { Address.Length: > 0, PortValue: <= 65535 })
        {
            scope.At("endpoint.address").Refuse("a name with a port is expected");
        }
    }

    private static string HostnameOf(Endpoint endpoint)
    {
        if (endpoint.Hostname.Length > 0)
        {
            return endpoint.Hostname;
        }

        // The name that DNS was asked for; an address is no name.
        string address = endpoint.Address?.SocketAddress?.Address ?? string.Empty;
        return IPAddress.TryParse(address, out _) ? string.Empty : address;
    }

    private static EndpointHealth HealthOf(HealthStatus status) => status switch
    {
        HealthStatus.Unknown or HealthStatus.Healthy => EndpointHealth.Healthy,
        HealthStatus.Degraded => EndpointHealth.Degraded,
        _ => EndpointHealth.Unhealthy,
    };
}
