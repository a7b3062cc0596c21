using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a Gateway (Istio: <c>ValidateGateway</c>).</summary>
internal static class GatewayValidation
{
    private const string SupportedProtocols = "HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP";

    public static void Check(Gateway gateway, Findings findings)
    {
        if (!DomainSyntax.IsLabel(gateway.Name))
        {
            findings.Error("metadata.name", $"invalid gateway name: {GoText.Quote(gateway.Name)}");
        }

        if (gateway.Spec.Servers.Count == 0)
        {
            findings.Error("spec.servers", "gateway must have at least one server");
        }

        HashSet<string> portNames = [];
        for (int i = 0; i < gateway.Spec.Servers.Count; i++)
        {
            GatewayServer server = gateway.Spec.Servers[i];
            string field = $"spec.servers[{i}]";
            CheckServer(server, findings, field);
            if (server.Port is { } port)
            {
                if (!portNames.Add(port.Name))
                {
                    findings.Error($"{field}.port.name", $"port names in servers must be unique: duplicate name {port.Name}");
                }

                if (server.Tls is { HttpsRedirect: true } && !ProtocolNames.IsHttp(port.Protocol))
                {
                    findings.Warn($"{field}.tls.httpsRedirect", "tls.httpsRedirect should only be used with http servers");
                }
            }
        }
    }

    private static void CheckServer(GatewayServer server, Findings findings, string field)
    {
        // 1. Hosts.
        if (server.Hosts.Count == 0)
        {
            findings.Error($"{field}.hosts", "server config must contain at least one host");
        }

        for (int i = 0; i < server.Hosts.Count; i++)
        {
            CheckHost(server.Hosts[i], findings, $"{field}.hosts[{i}]");
        }

        // 2. Port and address.
        bool isPortValid = CheckPort(server, findings, $"{field}.port");
        if (server.Bind.StartsWith(AddressSyntax.UnixPrefix, StringComparison.Ordinal))
        {
            findings.Check($"{field}.bind", AddressSyntax.CheckUnixPath(server.Bind[AddressSyntax.UnixPrefix.Length..]));
            if (server.Port is { Number: > 0 } port)
            {
                findings.Error($"{field}.port.number", $"port number must be 0 for unix domain socket: {Text(port)}");
            }
        }
        else if (server.Bind.Length > 0)
        {
            findings.Check($"{field}.bind", AddressSyntax.CheckAddress(server.Bind));
        }

        // 3. TLS, and whether it goes with the protocol.
        if (server.Tls is { } settings)
        {
            ServerTlsValidation.Check(settings, findings, $"{field}.tls");
        }

        if (isPortValid)
        {
            CheckTlsFitsProtocol(server.Port!.Protocol, server.Tls, findings, $"{field}.tls");
        }
    }

    private static bool CheckPort(GatewayServer server, Findings findings, string field)
    {
        if (server.Port is not { } port)
        {
            findings.Error(field, "port is required");
            return false;
        }

        bool isKnown = ProtocolNames.IsKnown(port.Protocol);
        if (!isKnown)
        {
            findings.Error($"{field}.protocol", $"invalid protocol {GoText.Quote(port.Protocol)}, supported protocols are {SupportedProtocols}");
        }

        string? number = port.Number > 0 || !server.Bind.StartsWith(AddressSyntax.UnixPrefix, StringComparison.Ordinal) ? AddressSyntax.CheckPort(port.Number) : null;
        findings.Check($"{field}.number", number);
        if (port.TargetPort > 0)
        {
            findings.Error($"{field}.targetPort", "targetPort has no impact on Gateways");
        }

        if (port.Name.Length == 0)
        {
            findings.Error($"{field}.name", $"port name must be set: {Text(port)}");
        }

        return isKnown && number is null && port.TargetPort == 0 && port.Name.Length > 0;
    }

    private static void CheckTlsFitsProtocol(string protocol, ServerTlsSettings? tls, Findings findings, string field)
    {
        if (ProtocolNames.IsTls(protocol))
        {
            if (tls is null)
            {
                findings.Error(field, "server must have TLS settings for HTTPS/TLS protocols");
            }
        }
        else if (tls is not null && ProtocolNames.IsHttp(protocol))
        {
            // A plain server may only redirect; the mode that is not written is PASSTHROUGH.
            bool isPassThrough = tls.Mode is ServerTlsMode.Passthrough or ServerTlsMode.AutoPassthrough;
            if (!isPassThrough || tls.CaCertificates.Length > 0 || tls.PrivateKey.Length > 0 || tls.ServerCertificate.Length > 0)
            {
                findings.Error(field, "server cannot have TLS settings for plain text HTTP ports");
            }
        }
        else if (tls is not null)
        {
            findings.Error(field, "server cannot have TLS settings for non HTTPS/TLS ports");
        }
    }

    // [namespace/]name
    private static void CheckHost(string host, Findings findings, string field)
    {
        int slash = host.IndexOf('/', StringComparison.Ordinal);
        string name = host[(slash + 1)..];
        if (slash >= 0)
        {
            string nameSpace = host[..slash];
            if (nameSpace.Length == 0 || name.Length == 0)
            {
                findings.Error(field, "config namespace and dnsName in host entry cannot be empty");
            }

            if (nameSpace is not ("*" or ".") && !DomainSyntax.IsLabel(nameSpace))
            {
                findings.Error(field, $"invalid namespace value {GoText.Quote(nameSpace)} in gateway");
            }
        }

        if (name != "*" && !name.Contains('.'))
        {
            findings.Error(field, "short names (non FQDN) are not allowed");
        }

        if (!AddressSyntax.IsAddress(name))
        {
            findings.Check(field, DomainSyntax.CheckWildcardName(name));
        }

        findings.Check(field, DomainSyntax.CheckNoPartialWildcard(name));
    }

    // The port as protobuf's text has it.
    private static string Text(GatewayPort port) => string.Join(
        ' ',
        new[]
        {
            port.Number > 0 ? $"number:{port.Number}" : string.Empty,
            port.Protocol.Length > 0 ? $"protocol:{GoText.Quote(port.Protocol)}" : string.Empty,
            port.Name.Length > 0 ? $"name:{GoText.Quote(port.Name)}" : string.Empty,
            port.TargetPort > 0 ? $"target_port:{port.TargetPort}" : string.Empty,
        }.Where(part => part.Length > 0));
}
