using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Analysis;

/// <summary>A kind of finding, by which it can be filtered and suppressed.</summary>
/// <param name="Code">Istio's code (cli.md, 5.5), or a name of our own for what Istio does not tell.</param>
/// <param name="Name">Istio's name of it; for one of our own what it is about.</param>
/// <param name="Severity">How bad it is.</param>
internal sealed record MessageType(string Code, string Name, Severity Severity);

/// <summary>All kinds of findings that analysis has, in the order of their codes. docs/analyze.md explains each.</summary>
internal static class MessageTypes
{
    public static readonly MessageType Deprecated = new("IST0002", "Deprecated", Severity.Warning);
    public static readonly MessageType ReferencedResourceNotFound = new("IST0101", "ReferencedResourceNotFound", Severity.Error);
    public static readonly MessageType SchemaValidationError = new("IST0106", "SchemaValidationError", Severity.Error);
    public static readonly MessageType ConflictingMeshHosts = new("IST0109", "ConflictingMeshGatewayVirtualServiceHosts", Severity.Error);
    public static readonly MessageType DestinationPortRequired = new("IST0112", "VirtualServiceDestinationPortSelectorRequired", Severity.Error);
    public static readonly MessageType PortNameConvention = new("IST0118", "PortNameIsNotUnderNamingConvention", Severity.Info);
    public static readonly MessageType NoMatchingWorkloads = new("IST0127", "NoMatchingWorkloadsFound", Severity.Warning);
    public static readonly MessageType UnverifiedServer = new("IST0128", "NoServerCertificateVerificationDestinationLevel", Severity.Warning);
    public static readonly MessageType UnverifiedServerAtPort = new("IST0129", "NoServerCertificateVerificationPortLevel", Severity.Warning);
    public static readonly MessageType UnreachableRule = new("IST0130", "VirtualServiceUnreachableRule", Severity.Warning);
    public static readonly MessageType IneffectiveMatch = new("IST0131", "VirtualServiceIneffectiveMatch", Severity.Info);
    public static readonly MessageType HostNotInGateway = new("IST0132", "VirtualServiceHostNotFoundInGateway", Severity.Warning);
    public static readonly MessageType SchemaWarning = new("IST0133", "SchemaWarning", Severity.Warning);
    public static readonly MessageType AddressesRequired = new("IST0134", "ServiceEntryAddressesRequired", Severity.Warning);
    public static readonly MessageType DuplicateCertificate = new("IST0138", "GatewayDuplicateCertificate", Severity.Warning);
    public static readonly MessageType IngressRulesNotAffected = new("IST0140", "IngressRouteRulesNotAffected", Severity.Warning);
    public static readonly MessageType ConflictingGateways = new("IST0145", "ConflictingGateways", Severity.Error);
    public static readonly MessageType ClaimsWithoutAuthentication = new("IST0149", "JwtClaimBasedRoutingWithoutRequestAuthN", Severity.Error);
    public static readonly MessageType ExternalNamePortName = new("IST0150", "ExternalNameServiceTypeInvalidPortName", Severity.Warning);
    public static readonly MessageType RelativeOperation = new("IST0151", "EnvoyFilterUsesRelativeOperation", Severity.Warning);
    public static readonly MessageType ReplaceIncorrectly = new("IST0152", "EnvoyFilterUsesReplaceOperationIncorrectly", Severity.Error);
    public static readonly MessageType AddIncorrectly = new("IST0153", "EnvoyFilterUsesAddOperationIncorrectly", Severity.Error);
    public static readonly MessageType RemoveIncorrectly = new("IST0154", "EnvoyFilterUsesRemoveOperationIncorrectly", Severity.Error);
    public static readonly MessageType RelativeOperationWithVersion = new("IST0155", "EnvoyFilterUsesRelativeOperationWithProxyVersion", Severity.Warning);
    public static readonly MessageType InvalidTelemetryProvider = new("IST0157", "InvalidTelemetryProvider", Severity.Warning);
    public static readonly MessageType ConflictingTelemetries = new("IST0159", "ConflictingTelemetryWorkloadSelectors", Severity.Error);
    public static readonly MessageType SeveralTelemetries = new("IST0160", "MultipleTelemetriesWithoutWorkloadSelectors", Severity.Error);
    public static readonly MessageType InvalidCredential = new("IST0161", "InvalidGatewayCredential", Severity.Error);
    public static readonly MessageType PortNotOnService = new("IST0162", "GatewayPortNotDefinedOnService", Severity.Warning);
    public static readonly MessageType InternalGateway = new("IST0165", "ReferencedInternalGateway", Severity.Warning);
    public static readonly MessageType IneffectiveSelector = new("IST0166", "IneffectiveSelector", Severity.Warning);
    public static readonly MessageType NegativeCondition = new("IST0171", "NegativeConditionStatus", Severity.Warning);
    public static readonly MessageType SubsetSelectsNothing = new("IST0173", "DestinationRuleSubsetNotSelectPods", Severity.Error);
    public static readonly MessageType UnknownRuleHost = new("IST0174", "UnknownDestinationRuleHost", Severity.Warning);
    public static readonly MessageType OldDefinition = new("IST0176", "GatewayAPICRDVersionBelowMinimum", Severity.Warning);
    public static readonly MessageType ConflictingProtocols = new("IST0177", "ConflictingServiceEntryProtocol", Severity.Warning);

    public static readonly MessageType HostNotCovered = new("host-not-covered", "a host of a VirtualService that none of its Gateways has", Severity.Warning);
    public static readonly MessageType NoGateways = new("no-gateways", "a VirtualService that names no Gateway", Severity.Warning);
    public static readonly MessageType PolicyNeverMatches = new("policy-never-matches", "a value of an AuthorizationPolicy of the gateway that no request has", Severity.Warning);
    public static readonly MessageType PolicyHostUnknown = new("policy-host-unknown", "a host of an AuthorizationPolicy of the gateway that no Gateway has", Severity.Warning);
    public static readonly MessageType PolicyShadowed = new("policy-shadowed", "a rule of an AuthorizationPolicy of the gateway that changes nothing beside others", Severity.Warning);
    public static readonly MessageType NoEndpoints = new("no-endpoints", "a Service that requests are sent to and that has no endpoint", Severity.Warning);

    /// <summary>The list.</summary>
    public static readonly IReadOnlyList<MessageType> All =
    [
        Deprecated,
        ReferencedResourceNotFound,
        SchemaValidationError,
        ConflictingMeshHosts,
        DestinationPortRequired,
        PortNameConvention,
        NoMatchingWorkloads,
        UnverifiedServer,
        UnverifiedServerAtPort,
        UnreachableRule,
        IneffectiveMatch,
        HostNotInGateway,
        SchemaWarning,
        AddressesRequired,
        DuplicateCertificate,
        IngressRulesNotAffected,
        ConflictingGateways,
        ClaimsWithoutAuthentication,
        ExternalNamePortName,
        RelativeOperation,
        ReplaceIncorrectly,
        AddIncorrectly,
        RemoveIncorrectly,
        RelativeOperationWithVersion,
        InvalidTelemetryProvider,
        ConflictingTelemetries,
        SeveralTelemetries,
        InvalidCredential,
        PortNotOnService,
        InternalGateway,
        IneffectiveSelector,
        NegativeCondition,
        SubsetSelectsNothing,
        UnknownRuleHost,
        OldDefinition,
        ConflictingProtocols,
        HostNotCovered,
        NoGateways,
        PolicyNeverMatches,
        PolicyHostUnknown,
        PolicyShadowed,
        NoEndpoints,
    ];
}
