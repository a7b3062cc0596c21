using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Attachment;

/// <summary>What a policy can be attached to: an object, or a section of it.</summary>
/// <param name="Group">The object's API group.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Section">The section's name; empty for the object as a whole.</param>
internal readonly record struct PolicyTarget(string Group, string Kind, string Namespace, string Name, string Section)
{
    /// <summary>The object as a whole.</summary>
    public PolicyTarget Whole => this with { Section = string.Empty };

    /// <summary>An object as a whole.</summary>
    public static PolicyTarget Of(Resource resource) => new(resource.ApiKind.Group, resource.Kind, resource.Namespace, resource.Name, string.Empty);

    /// <summary>The names of the sections that an object has.</summary>
    public static IEnumerable<string> SectionsOf(Resource resource) => resource switch
    {
        Gateway gateway => gateway.Spec.Servers.SelectMany(NamesOf),
        VirtualService service => service.Spec.Http.Select(static route => route.Name).Where(static name => name.Length > 0),
        _ => [],
    };

    /// <summary>What stands for a server, the most specific first.</summary>
    public static IEnumerable<PolicyTarget> Of(BoundServer server)
    {
        PolicyTarget whole = Of(server.Gateway);
        return NamesOf(server.Server).Select(name => whole with { Section = name }).Append(whole);
    }

    /// <summary>What stands for an HTTP route, the most specific first: of one that was delegated, the delegate's come before the root's.</summary>
    public static IEnumerable<PolicyTarget> Of(BoundVirtualService service, HttpRouteOrigin origin)
    {
        IEnumerable<PolicyTarget> own = Of(origin.Source, origin.Index);
        return origin.Source == service.Source ? own : own.Concat(Of(service.Source, origin.RootIndex));
    }

    /// <inheritdoc/>
    public override string ToString() => Section.Length == 0 ? $"{Kind} {Namespace}/{Name}" : $"{Kind} {Namespace}/{Name}, section \"{Section}\"";

    private static IEnumerable<PolicyTarget> Of(VirtualService service, int route)
    {
        PolicyTarget whole = Of(service);
        string name = service.Spec.Http[route].Name;
        return name.Length == 0 ? [whole] : [whole with { Section = name }, whole];
    }

    private static IEnumerable<string> NamesOf(GatewayServer server) =>
        new[] { server.Name, server.Port?.Name ?? string.Empty }.Where(static name => name.Length > 0).Distinct();
}
