using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>
/// Compiles assignments to sets of endpoints (istio-gateway.md 5.7). Checking comes first and changes nothing; only an assignment without
/// fault is made into a set, because that gives endpoints their new states.
/// </summary>
internal static class EndpointCompiler
{
    private const uint DefaultOverprovisioningFactor = 140;

    /// <summary>Finds what is wrong with an assignment whose addresses need no lookup.</summary>
    public static void Check(ClusterLoadAssignment assignment, CompileReport report) => Check(assignment, needsLookup: false, report.Root);

    /// <summary>Finds what is wrong with an assignment whose addresses may be names.</summary>
    public static void CheckNames(ClusterLoadAssignment assignment, CompileScope scope) => Check(assignment, needsLookup: true, scope);

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

    private static void Check(ClusterLoadAssignment assignment, bool needsLookup, CompileScope scope)
    {
        scope.NoteIf(assignment.Policy?.DropOverloads.Count > 0, "drop_overloads is not acted on");
        for (int i = 0; i < assignment.Endpoints.Count; i++)
        {
            LocalityLbEndpoints locality = assignment.Endpoints[i];
            CompileScope at = scope.At("endpoints", i);
            at.RefuseIf(locality.LbConfigCase != LocalityLbEndpoints.LbConfigOneofCase.None, $"{locality.LbConfigCase} is not supported");
            at.RefuseIf(locality.Priority > 128, $"priority {locality.Priority} is greater than 128");
            for (int j = 0; j < locality.LbEndpoints.Count; j++)
            {
                CompileScope endpointScope = at.At("lb_endpoints", j);
                LbEndpoint endpoint = locality.LbEndpoints[j];
                if (endpoint.HostIdentifierCase != LbEndpoint.HostIdentifierOneofCase.Endpoint)
                {
                    endpointScope.Refuse("endpoint is missing; a reference to a named one is not supported");
                }
                else if (!needsLookup)
                {
                    AddressCompiler.Connecting(endpoint.Endpoint.Address, endpointScope.At("endpoint.address"));
                }
                else if (endpoint.Endpoint.Address?.SocketAddress is not { Address.Length: > 0, PortValue: <= 65535 })
                {
                    endpointScope.At("endpoint.address").Refuse("a name with a port is expected");
                }
            }
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
