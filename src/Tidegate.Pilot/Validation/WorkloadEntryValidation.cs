using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a WorkloadEntry, and the endpoints of a ServiceEntry that are STATIC (Istio: <c>validateWorkloadEntry</c>).</summary>
internal static class WorkloadEntryValidation
{
    /// <summary>Checks a workload.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="servicePorts">The names of the ServiceEntry's ports; null when it stands alone.</param>
    /// <param name="allowNames">Whether its address may be a name.</param>
    /// <param name="findings">Takes what is found.</param>
    /// <param name="field">The field.</param>
    public static void Check(WorkloadEntrySpec workload, IReadOnlySet<string>? servicePorts, bool allowNames, Findings findings, string field)
    {
        string address = workload.Address;
        if (address.Length == 0 && workload.Network.Length == 0)
        {
            findings.Error($"{field}.address", "address is required");
            return;
        }

        bool isUnix = address.StartsWith(AddressSyntax.UnixPrefix, StringComparison.Ordinal);
        if (address.Length == 0)
        {
            findings.Warn($"{field}.address", $"address is unset with network {GoText.Quote(workload.Network)}");
        }
        else if (isUnix)
        {
            findings.Check($"{field}.address", AddressSyntax.CheckUnixPath(address[AddressSyntax.UnixPrefix.Length..]));
            if (workload.Ports.Count > 0)
            {
                findings.Error($"{field}.ports", $"unix endpoint {address} must not include ports");
            }
        }
        else if (!AddressSyntax.IsAddress(address))
        {
            findings.Check($"{field}.address", CheckName(address, allowNames));
        }

        CheckPorts(workload.Ports, servicePorts, findings, $"{field}.ports");
        LabelSyntax.CheckLabels(findings, $"{field}.labels", workload.Labels);
        if (isUnix && servicePorts is not null && servicePorts.Count != 1)
        {
            findings.Error($"{field}.address", "exactly 1 service port required for unix endpoints");
        }
    }

    /// <summary>Checks the ports of an endpoint: names of service ports, and what they are on the endpoint.</summary>
    public static void CheckPorts(IReadOnlyDictionary<string, uint> ports, IReadOnlySet<string>? servicePorts, Findings findings, string field)
    {
        foreach ((string name, uint port) in ports)
        {
            string place = $"{field}.{name}";
            if (servicePorts is not null && !servicePorts.Contains(name))
            {
                findings.Error(place, $"endpoint port {port} is not defined by the service entry");
            }

            findings.Check(place, CheckPortName(name));
            findings.Check(place, AddressSyntax.CheckPort(port));
        }
    }

    /// <summary>The name of a port.</summary>
    public static string? CheckPortName(string name) => DomainSyntax.IsLabel(name) ? null : $"invalid port name: {name}";

    private static string? CheckName(string address, bool allowNames) =>
        !allowNames ? $"endpoint address {GoText.Quote(address)} is not a valid IP address"
        : DomainSyntax.CheckName(address) is not null ? $"endpoint address {GoText.Quote(address)} is not a valid FQDN or an IP address"
        : null;
}
