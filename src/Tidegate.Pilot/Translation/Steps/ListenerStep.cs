using Tidegate.Pilot.Translation.Listeners;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The step that makes listeners.</summary>
internal static class ListenerStep
{
    public static void Translate(TranslationPass pass)
    {
        // TCP servers look VirtualServices, services and rules up; a gateway of HTTP servers follows from its Gateways alone.
        object?[] inputs = pass.Gateway.HasTcpServers
            ? [pass.Gateway, pass.Security, pass.PolicyChains, pass.SecurityPolicies, pass.VirtualServices, pass.Services, pass.Rules]
            : [pass.Gateway, pass.Security, pass.PolicyChains];
        var made = pass.Memory.Listeners.Get(inputs, () => TranslateAll(pass));
        pass.ListenerResources = made.Resources;
        pass.Resources.AddRange(made.Resources);
        pass.Findings.AddRange(made.Findings);
    }

    private static MadeListeners TranslateAll(TranslationPass pass)
    {
        var context = new ListenerContext(pass.Node, pass.Mesh, pass.Input.Features, pass.VirtualServices, pass.Services, pass.Rules, pass.Security)
        {
            PolicyChains = pass.PolicyChains,
            SecurityPolicies = pass.SecurityPolicies,
        };
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
        return new MadeListeners(result, context.Findings);
    }
}
