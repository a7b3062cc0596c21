using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Validation;
using Tidegate.Proxy;
using Tidegate.Running;
using Tidegate.Settings;

namespace Tidegate.Admin;

/// <summary>What the pages may see and do.</summary>
/// <param name="Proxy">The data plane.</param>
/// <param name="Options">What the gateway was told.</param>
/// <param name="Levels">The levels of the event log.</param>
/// <param name="GatewayServices">The Services by which clients reach the gateway.</param>
/// <param name="Diagnostics">What there is to say of the configuration now.</param>
/// <param name="IsStarted">Whether the first configuration serves, with the secrets that it needs.</param>
/// <param name="End">Ends the process gently.</param>
internal sealed record AdminContext(
    ProxyServer Proxy,
    RunOptions Options,
    LogLevels Levels,
    Func<IReadOnlyList<GatewayService>> GatewayServices,
    Func<IReadOnlyList<Diagnostic>> Diagnostics,
    Func<bool> IsStarted,
    Action<EndRequest> End);
