using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Passes;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The steps that find out what the gateway is.</summary>
internal static class GatewayStep
{
    /// <summary>Finds the Services by which clients reach the gateway.</summary>
    public static void FindServices(TranslationPass pass)
    {
        var services = pass.Memory.AllServiceObjects.Items;
        pass.GatewayServices = pass.Memory.GatewayServices.Get([services], () => GatewayServices.Find(services, pass.Node));
    }

    /// <summary>Merges the Gateways that select the proxy.</summary>
    public static void Merge(TranslationPass pass)
    {
        var gateways = pass.Memory.GatewayObjects.Items;
        pass.Gateway = pass.Memory.Gateway.Get(
            [gateways, pass.GatewayServices],
            () => GatewayMerge.Merge(gateways, pass.GatewayServices, pass.Node, new FeatureUses(pass.Input.Features)));
    }
}
