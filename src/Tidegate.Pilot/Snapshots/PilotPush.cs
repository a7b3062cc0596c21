using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Validation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Snapshots;

/// <summary>A configuration that was given to the proxy.</summary>
/// <param name="Snapshot">All of it.</param>
/// <param name="Delta">What changed by it.</param>
/// <param name="Rejections">What the proxy refused; its last good versions stay in force.</param>
/// <param name="Diagnostics">What does not work as it is written.</param>
/// <param name="GatewayServices">The Services by which clients reach the gateway.</param>
/// <param name="TranslationTime">How long it took to translate and to find the difference.</param>
/// <param name="TotalTime">How long it took from the moment that the (first) change was noticed until it was in force.</param>
public sealed record PilotPush(
    XdsSnapshot Snapshot,
    XdsDelta Delta,
    IReadOnlyList<XdsRejection> Rejections,
    IReadOnlyList<Diagnostic> Diagnostics,
    IReadOnlyList<GatewayService> GatewayServices,
    TimeSpan TranslationTime,
    TimeSpan TotalTime);
