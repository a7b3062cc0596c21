using Tidegate.Pilot.Resources;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks the traffic policy of a DestinationRule, of a subset or of a port (Istio: <c>validateTrafficPolicy</c>).</summary>
internal static class TrafficPolicyValidation
{
    public static void Check(TrafficPolicy? policy, string ownNamespace, Findings findings, string field)
    {
        if (policy is null)
        {
            return;
        }

        if (policy is { OutlierDetection: null, ConnectionPool: null, LoadBalancer: null, Tls: null, PortLevelSettings.Count: 0, Tunnel: null, ProxyProtocol: null, RetryBudget: null })
        {
            findings.Error(field, "traffic policy must have at least one field");
        }

        if (policy.Tunnel is not null && policy.ProxyProtocol is not null)
        {
            findings.Error($"{field}.tunnel", "tunnel and proxyProtocol must not be set together");
        }

        CheckOutlierDetection(policy.OutlierDetection, findings, $"{field}.outlierDetection");
        ConnectionPoolValidation.Check(policy.ConnectionPool, findings, $"{field}.connectionPool");
        LoadBalancerValidation.Check(policy.LoadBalancer, policy.OutlierDetection, findings, $"{field}.loadBalancer");
        ClientTlsValidation.Check(policy.Tls, ownNamespace, findings, $"{field}.tls");
        CheckTunnel(policy.Tunnel, findings, $"{field}.tunnel");
        for (int i = 0; i < policy.PortLevelSettings.Count; i++)
        {
            CheckPort(policy.PortLevelSettings[i], ownNamespace, findings, $"{field}.portLevelSettings[{i}]");
        }
    }

    private static void CheckPort(PortTrafficPolicy policy, string ownNamespace, Findings findings, string field)
    {
        if (policy.Port is null)
        {
            findings.Error($"{field}.port", "portTrafficPolicy must have valid port");
        }

        if (policy is { OutlierDetection: null, ConnectionPool: null, LoadBalancer: null, Tls: null })
        {
            findings.Error(field, "port traffic policy must have at least one field");
        }

        CheckOutlierDetection(policy.OutlierDetection, findings, $"{field}.outlierDetection");
        ConnectionPoolValidation.Check(policy.ConnectionPool, findings, $"{field}.connectionPool");
        LoadBalancerValidation.Check(policy.LoadBalancer, policy.OutlierDetection, findings, $"{field}.loadBalancer");
        ClientTlsValidation.Check(policy.Tls, ownNamespace, findings, $"{field}.tls");
    }

    private static void CheckOutlierDetection(OutlierDetection? outlier, Findings findings, string field)
    {
        if (outlier is null)
        {
            return;
        }

        findings.Check($"{field}.baseEjectionTime", DurationRules.Check(outlier.BaseEjectionTime));
        findings.Check($"{field}.interval", DurationRules.Check(outlier.Interval));
        if (outlier.ConsecutiveErrors != 0)
        {
            findings.Warn($"{field}.consecutiveErrors", "outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead");
        }

        if (!outlier.SplitExternalLocalOriginErrors && outlier.ConsecutiveLocalOriginFailures > 0)
        {
            findings.Error(
                $"{field}.consecutiveLocalOriginFailures",
                "outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false");
        }

        findings.Check($"{field}.maxEjectionPercent", PercentRules.Check(outlier.MaxEjectionPercent));
        findings.Check($"{field}.minHealthPercent", PercentRules.Check(outlier.MinHealthPercent));
    }

    private static void CheckTunnel(TunnelSettings? tunnel, Findings findings, string field)
    {
        if (tunnel is null)
        {
            return;
        }

        if (tunnel.Protocol is not ("" or "CONNECT" or "POST"))
        {
            findings.Error($"{field}.protocol", "tunnel protocol must be \"CONNECT\" or \"POST\"");
        }

        if (DomainSyntax.CheckName(tunnel.TargetHost) is { } noName && AddressSyntax.CheckAddress(tunnel.TargetHost) is { } noAddress)
        {
            findings.Error($"{field}.targetHost", $"tunnel target host must be valid FQDN or IP address: {noName}; {noAddress}");
        }

        if (AddressSyntax.CheckPort(tunnel.TargetPort) is { } noPort)
        {
            findings.Error($"{field}.targetPort", $"tunnel target port is invalid: {noPort}");
        }
    }
}
