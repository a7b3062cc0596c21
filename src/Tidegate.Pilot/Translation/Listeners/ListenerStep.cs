using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>The step that makes listeners.</summary>
internal static class ListenerStep
{
    public static void Translate(TranslationPass pass)
    {
        // TCP servers look VirtualServices, services and rules up; a gateway of HTTP servers follows from its Gateways alone.
        object?[] inputs = pass.Gateway.HasTcpServers
            ? [pass.Gateway, pass.VirtualServices, pass.Services, pass.Rules]
            : [pass.Gateway];
        pass.ListenerResources = pass.Memory.Listeners.Get(inputs, () => TranslateAll(pass));
        pass.Resources.AddRange(pass.ListenerResources);
    }

    private static List<XdsResource> TranslateAll(TranslationPass pass)
    {
        var context = new ListenerContext(pass.Node, pass.Mesh, pass.VirtualServices, pass.Services, pass.Rules);
        var result = new List<XdsResource>();
        foreach (var listener in ListenerTranslation.Translate(pass.Gateway, context))
        {
            var resource = new XdsResource(new XdsName(XdsTypes.Listener, listener.Name), ContentHash.Of(listener).ToString(), listener);
            if (pass.Memory.ListenerParts.TryGet(listener.Name, out var known) && known.Version == resource.Version)
            {
                resource = known;
            }
            pass.Memory.ListenerParts.Set(listener.Name, resource);
            result.Add(resource);
        }
        return result;
    }
}
