using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a ServiceEntry (Istio: <c>ValidateServiceEntry</c>).</summary>
internal static class ServiceEntryValidation
{
    public static void Check(ServiceEntry entry, Findings findings)
    {
        ServiceEntrySpec spec = entry.Spec;
        if (spec.WorkloadSelector is { } selector)
        {
            if (LabelSyntax.CheckSelector(findings, "spec.workloadSelector.labels", selector))
            {
                findings.Warn("spec.workloadSelector", "service entry: workload selector specified without labels, will be applied to all services in namespace");
            }

            if (spec.Endpoints.Count > 0)
            {
                findings.Error("spec.endpoints", "only one of WorkloadSelector or Endpoints is allowed in Service Entry");
            }
        }

        CheckHosts(spec, findings);
        CheckAddresses(spec, findings);
        IReadOnlySet<string> ports = CheckPorts(spec, findings);
        switch (spec.Resolution)
        {
            case ServiceEntryResolution.None:
                CheckNone(spec, findings);
                break;
            case ServiceEntryResolution.Static:
                for (int i = 0; i < spec.Endpoints.Count; i++)
                {
                    WorkloadEntryValidation.Check(spec.Endpoints[i], ports, allowNames: false, findings, $"spec.endpoints[{i}]");
                }

                break;
            case ServiceEntryResolution.Dns or ServiceEntryResolution.DnsRoundRobin:
                CheckDns(spec, ports, findings);
                break;
            case ServiceEntryResolution.DynamicDns:
                CheckDynamicDns(entry, findings);
                break;
        }

        // HTTP tells hosts apart by the authority, TLS by SNI; plain connections cannot.
        if (spec.Resolution != ServiceEntryResolution.None && spec.Hosts.Count > 1 && spec.Ports.Any(port => !ProtocolNames.IsHttp(port.Protocol) && !ProtocolNames.IsTls(port.Protocol)))
        {
            findings.Error("spec.hosts", "multiple hosts provided with non-HTTP, non-TLS ports");
        }

        ExportToValidation.Check(findings, entry.Namespace, spec.ExportTo, isServiceEntry: true);
    }

    private static string NameOf(ServiceEntryResolution resolution) => resolution switch
    {
        ServiceEntryResolution.Dns => "DNS",
        ServiceEntryResolution.DnsRoundRobin => "DNS_ROUND_ROBIN",
        ServiceEntryResolution.DynamicDns => "DYNAMIC_DNS",
        ServiceEntryResolution.Static => "STATIC",
        _ => "NONE",
    };

    private static void CheckHosts(ServiceEntrySpec spec, Findings findings)
    {
        if (spec.Hosts.Count == 0)
        {
            findings.Error("spec.hosts", "service entry must have at least one host");
        }

        for (int i = 0; i < spec.Hosts.Count; i++)
        {
            string host = spec.Hosts[i];
            string field = $"spec.hosts[{i}]";
            if (host == "*")
            {
                findings.Error(field, $"invalid host {host}");
                continue;
            }

            findings.Check(field, DomainSyntax.CheckWildcardName(host));
            if (spec.Resolution != ServiceEntryResolution.DynamicDns && DomainSyntax.CheckNoPartialWildcard(host) is { } partial)
            {
                findings.Warn(field, partial);
            }
        }
    }

    private static void CheckAddresses(ServiceEntrySpec spec, Findings findings)
    {
        for (int i = 0; i < spec.Addresses.Count; i++)
        {
            findings.Check($"spec.addresses[{i}]", AddressSyntax.CheckSubnet(spec.Addresses[i]));
        }

        if (spec.Resolution is not (ServiceEntryResolution.None or ServiceEntryResolution.Static) && spec.Addresses.Any(address => address.Contains('/')))
        {
            findings.Error("spec.addresses", "CIDR addresses are allowed only for NONE/STATIC resolution types");
        }
    }

    private static HashSet<string> CheckPorts(ServiceEntrySpec spec, Findings findings)
    {
        HashSet<string> names = [];
        HashSet<uint> numbers = [];
        for (int i = 0; i < spec.Ports.Count; i++)
        {
            ServiceEntryPort port = spec.Ports[i];
            string field = $"spec.ports[{i}]";
            if (!names.Add(port.Name))
            {
                findings.Error($"{field}.name", $"service entry port name {GoText.Quote(port.Name)} already defined");
            }

            if (!numbers.Add(port.Number))
            {
                findings.Error($"{field}.number", $"service entry port {port.Number} already defined");
            }

            if (port.TargetPort != 0)
            {
                findings.Check($"{field}.targetPort", AddressSyntax.CheckPort(port.TargetPort));
            }

            findings.Check($"{field}.name", WorkloadEntryValidation.CheckPortName(port.Name));
            findings.Check($"{field}.protocol", port.Protocol.Length == 0 || ProtocolNames.IsKnown(port.Protocol) ? null : $"unsupported protocol: {port.Protocol}");
            findings.Check($"{field}.number", AddressSyntax.CheckPort(port.Number));
        }

        return names;
    }

    private static void CheckNone(ServiceEntrySpec spec, Findings findings)
    {
        if (spec.Endpoints.Count > 0)
        {
            findings.Error("spec.endpoints", "no endpoints should be provided for resolution type none");
        }

        if (spec.WorkloadSelector is not null)
        {
            findings.Warn("spec.workloadSelector", "workloadSelector should not be set when resolution mode is NONE");
        }
    }

    private static void CheckDns(ServiceEntrySpec spec, IReadOnlySet<string> ports, Findings findings)
    {
        string mode = NameOf(spec.Resolution);
        if (spec.Endpoints.Count == 0)
        {
            int i = spec.Hosts.ToList().FindIndex(host => DomainSyntax.CheckName(host) is not null);
            if (i >= 0)
            {
                findings.Error(
                    $"spec.hosts[{i}]",
                    $"hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode {mode}, {DomainSyntax.CheckName(spec.Hosts[i])}");
            }
        }

        if (spec.Resolution == ServiceEntryResolution.DnsRoundRobin && spec.Endpoints.Count > 1)
        {
            findings.Error("spec.endpoints", $"there must only be 0 or 1 endpoint for resolution mode {mode}");
        }

        for (int i = 0; i < spec.Endpoints.Count; i++)
        {
            WorkloadEntrySpec endpoint = spec.Endpoints[i];
            string field = $"spec.endpoints[{i}]";
            if (!AddressSyntax.IsAddress(endpoint.Address) && DomainSyntax.CheckName(endpoint.Address) is not null)
            {
                findings.Error($"{field}.address", $"endpoint address {GoText.Quote(endpoint.Address)} is not a valid FQDN or an IP address");
            }

            LabelSyntax.CheckLabels(findings, $"{field}.labels", endpoint.Labels);
            WorkloadEntryValidation.CheckPorts(endpoint.Ports, ports, findings, $"{field}.ports");
        }

        if (spec.Addresses.Count > 0 && spec.Hosts.Count > 1 && spec.Ports.Any(port => ProtocolNames.IsTcp(port.Protocol)))
        {
            findings.Warn("spec.hosts", "service entry can not have more than one host specified simultaneously with address and tcp port");
        }
    }

    private static void CheckDynamicDns(ServiceEntry entry, Findings findings)
    {
        ServiceEntrySpec spec = entry.Spec;
        string mode = NameOf(spec.Resolution);
        if (spec.Hosts.Count == 0)
        {
            findings.Error("spec.hosts", $"at least one wildcard host must be provided for resolution type {mode}");
        }

        for (int i = 0; i < spec.Hosts.Count; i++)
        {
            findings.Check($"spec.hosts[{i}]", spec.Hosts[i].StartsWith('*') ? null : $"host must be wildcarded for resolution mode {mode}");
        }

        if (spec.Addresses.Count > 0)
        {
            findings.Error("spec.addresses", $"addresses cannot be set for resolution type {mode}. HTTP route domains will only be generatedfrom the hosts field values");
        }

        if (spec.Endpoints.Count > 0)
        {
            findings.Error("spec.endpoints", $"endpoints cannot be set for resolution type {mode}. Destination IP address determined from hostsfield values");
        }

        for (int i = 0; i < spec.Ports.Count; i++)
        {
            string protocol = spec.Ports[i].Protocol;
            if (!ProtocolNames.Is(protocol, "HTTP") && !ProtocolNames.Is(protocol, "TLS") && !ProtocolNames.Is(protocol, "GRPC") && !ProtocolNames.Is(protocol, "HTTP2"))
            {
                findings.Error($"spec.ports[{i}].protocol", $"only HTTP, TLS, GRPC, and HTTP2 protocols are supported for resolution type {mode}");
            }
        }

        if (spec.Location == ServiceEntryLocation.MeshInternal
            && entry.Metadata.Labels.GetValueOrDefault("istio.io/use-waypoint", string.Empty) is { Length: > 0 } waypoint
            && !waypoint.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            findings.Error("spec.location", $"location MESH_INTERNAL with resolution type {mode} is not supported when using waypoints");
        }
    }
}
