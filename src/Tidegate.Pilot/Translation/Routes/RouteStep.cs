using Tidegate.Pilot.Translation.VirtualServices;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>The steps that make route configurations.</summary>
internal static class RouteStep
{
    /// <summary>Indexes the VirtualServices by the Gateway they are bound to.</summary>
    public static void Index(TranslationPass pass)
    {
        var objects = pass.Memory.VirtualServiceObjects.Items;
        pass.VirtualServices = pass.Memory.VirtualServices.Get(
            [objects], () => VirtualServiceIndex.Build(objects, pass.Node, pass.Mesh, pass.Memory.VirtualServiceParts));
    }

    /// <summary>Makes the route configuration of every name that the gateway's servers use.</summary>
    public static void Translate(TranslationPass pass) =>
        pass.Resources.AddRange(pass.Memory.Routes.Get(
            [pass.Gateway, pass.VirtualServices, pass.Services, pass.Rules], () => TranslateAll(pass)));

    private static List<XdsResource> TranslateAll(TranslationPass pass)
    {
        var answersAreCurrent = pass.Memory.RoutesMadeWith == (pass.Services, pass.Rules);
        pass.Memory.RoutesMadeWith = (pass.Services, pass.Rules);
        var translation = new RouteConfigurationTranslation(
            pass.Node, pass.Mesh, pass.VirtualServices, pass.Services, pass.Rules, answersAreCurrent, pass.Memory.RouteParts);
        var result = new List<XdsResource>();
        foreach (var (name, servers) in pass.Gateway.ServersByRouteName.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            result.Add(translation.Translate(name, servers));
        }
        return result;
    }
}
