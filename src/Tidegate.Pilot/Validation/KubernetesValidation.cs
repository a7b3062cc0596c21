using System.Net.Sockets;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// Checks what a Kubernetes API server would have refused, as far as a gateway would trip over it: in a cluster such objects cannot
/// be, in a directory they can.
/// </summary>
internal static class KubernetesValidation
{
    private const int MaxNameLength = 253;

    /// <summary>Checks the name and the namespace of any object (Kubernetes: "Object Names and IDs").</summary>
    public static void CheckMetadata(Resource resource, Findings findings)
    {
        if (resource.Name.Length > MaxNameLength || !resource.Name.Split('.').All(IsLowerCaseLabel))
        {
            findings.Error("metadata.name", $"found {GoText.Quote(resource.Name)}, expected lower case letters, digits, '-' and '.', a letter or digit at both ends (RFC 1123)");
        }

        if (resource.Namespace.Length > 0 && !(DomainSyntax.IsLabel(resource.Namespace) && IsLowerCaseLabel(resource.Namespace)))
        {
            findings.Error("metadata.namespace", $"found {GoText.Quote(resource.Namespace)}, expected at most 63 lower case letters, digits and '-' (RFC 1123)");
        }
    }

    /// <summary>Checks a Service.</summary>
    public static void Check(Service service, Findings findings)
    {
        HashSet<string> names = [];
        HashSet<(int Port, string Protocol)> ports = [];
        for (int i = 0; i < service.Spec.Ports.Count; i++)
        {
            KubernetesServicePort port = service.Spec.Ports[i];
            string field = $"spec.ports[{i}]";
            findings.Check($"{field}.port", AddressSyntax.CheckPort(port.Port));
            if (port.Name.Length == 0 && service.Spec.Ports.Count > 1)
            {
                findings.Error($"{field}.name", "is missing; a Service with several ports needs a name for each");
            }
            else if (!names.Add(port.Name))
            {
                findings.Error($"{field}.name", $"{GoText.Quote(port.Name)} is the name of another port of this Service already");
            }

            if (!ports.Add((port.Port, port.Protocol.Length == 0 ? "TCP" : port.Protocol)))
            {
                findings.Error($"{field}.port", $"{port.Port} is another port of this Service already");
            }

            if (port.Protocol is not ("" or "TCP" or "UDP" or "SCTP"))
            {
                findings.Error($"{field}.protocol", $"found {GoText.Quote(port.Protocol)}, expected TCP, UDP or SCTP; what is spoken on it is told by name or appProtocol");
            }
        }

        if (service.Spec.Type == ServiceType.ExternalName)
        {
            findings.Check("spec.externalName", DomainSyntax.CheckName(service.Spec.ExternalName));
        }
    }

    /// <summary>Checks an EndpointSlice.</summary>
    public static void Check(EndpointSlice slice, Findings findings)
    {
        string type = slice.Spec.AddressType;
        if (type is not ("IPv4" or "IPv6" or "FQDN"))
        {
            findings.Error("addressType", $"found {GoText.Quote(type)}, expected IPv4, IPv6 or FQDN");
            return;
        }

        for (int i = 0; i < slice.Spec.Endpoints.Count; i++)
        {
            for (int j = 0; j < slice.Spec.Endpoints[i].Addresses.Count; j++)
            {
                string address = slice.Spec.Endpoints[i].Addresses[j];
                string? problem = type == "FQDN" ? DomainSyntax.CheckName(address)
                    : IsAddressOf(address, type == "IPv4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6) ? null
                    : $"found {GoText.Quote(address)}, expected an {type} address, as addressType says";
                findings.Check($"endpoints[{i}].addresses[{j}]", problem);
            }
        }

        CheckPorts(slice.Spec.Ports, findings, "ports");
    }

    /// <summary>Checks an Endpoints object.</summary>
    public static void Check(Endpoints endpoints, Findings findings)
    {
        for (int i = 0; i < endpoints.Spec.Subsets.Count; i++)
        {
            EndpointSubset subset = endpoints.Spec.Subsets[i];
            CheckAddresses(subset.Addresses, findings, $"subsets[{i}].addresses");
            CheckAddresses(subset.NotReadyAddresses, findings, $"subsets[{i}].notReadyAddresses");
            CheckPorts(subset.Ports, findings, $"subsets[{i}].ports");
        }
    }

    /// <summary>Checks a Pod: what of it is a part of endpoints.</summary>
    public static void Check(Pod pod, Findings findings)
    {
        if (pod.Spec.Ip.Length > 0)
        {
            findings.Check("status.podIP", AddressSyntax.CheckAddress(pod.Spec.Ip));
        }

        foreach (uint port in pod.Spec.Ports.Values.Where(static port => port != 0))
        {
            findings.Check("spec.containers", AddressSyntax.CheckPort(port));
        }
    }

    private static void CheckAddresses(IReadOnlyList<EndpointAddress> addresses, Findings findings, string field)
    {
        for (int i = 0; i < addresses.Count; i++)
        {
            findings.Check($"{field}[{i}].ip", AddressSyntax.CheckAddress(addresses[i].Ip));
        }
    }

    private static void CheckPorts(IReadOnlyList<SlicePort> ports, Findings findings, string field)
    {
        for (int i = 0; i < ports.Count; i++)
        {
            if (ports[i].Port is { } port)
            {
                findings.Check($"{field}[{i}].port", AddressSyntax.CheckPort(port));
            }
        }
    }

    private static bool IsAddressOf(string text, AddressFamily family) =>
        AddressSyntax.IsAddress(text) && (family == AddressFamily.InterNetworkV6) == text.Contains(':');

    private static bool IsLowerCaseLabel(string text) =>
        text.Length > 0
        && text[0] != '-'
        && text[^1] != '-'
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
