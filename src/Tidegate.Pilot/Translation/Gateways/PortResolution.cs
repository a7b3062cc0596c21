namespace Tidegate.Pilot.Translation.Gateways;

/// <summary>From the port that a Gateway declares to the one that is bound (spec 1.3).</summary>
internal static class PortResolution
{
    /// <summary>
    /// The target port of the first Service port with that number; without one, the number itself. (Gateways made from Gateway API name
    /// their Service and resolve otherwise; they come with Gateway API.)
    /// </summary>
    public static int Resolve(int declared, IReadOnlyList<GatewayService> services)
    {
        foreach (var service in services)
        {
            if (!service.TranslatesPorts)
            {
                continue;
            }
            foreach (var port in service.Ports)
            {
                if (port.Port == declared)
                {
                    return port.TargetPort;
                }
            }
        }
        return declared;
    }
}
