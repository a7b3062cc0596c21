using System.Text.RegularExpressions;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Origins;

/// <summary>
/// From what a proxy refuses back to the fields that users wrote, for messages. Asked only when something is refused, so it looks things up instead of
/// keeping them: what translation knows for each route would cost more than all refusals ever will.
/// </summary>
internal sealed partial class ResourceOrigins(TranslationPass pass)
{
    private readonly RouteOrigins _routes = new(pass);
    private readonly ListenerOrigins _listeners = new(pass);
    private readonly PatchOrigins _patches = new(pass);

    /// <summary>The fields to blame, the most likely only where that can be told; none for what is always there.</summary>
    public IReadOnlyList<ObjectField> Of(XdsName name, XdsRefusedUnit unit)
    {
        var resource = pass.Resources.Find(resource => resource.Name == name);
        var patches = _patches.Of(resource, unit);
        if (patches.Count > 0)
        {
            return patches;
        }
        return resource?.Message switch
        {
            RouteConfiguration routes => _routes.Of(routes, unit),
            Listener listener => _listeners.Of(listener, unit),
            _ when name.TypeUrl == XdsTypes.Secret => pass.SecretSources.TryGetValue(name.Name, out var secret) ? [new ObjectField(secret, "")] : [],
            IMessage => OfCluster(name.Name, unit.Origin),
            null => [],
        };
    }

    /// <summary>Whether it is a guard that was sent although it was known that it cannot be used, which was told then.</summary>
    public bool IsTold(XdsRefusedUnit unit) => pass.ClosedGuards.Any(guard => unit.Filter == guard || (
        unit.Filter is null && unit.Reason.Contains($"\"{guard}\"", StringComparison.Ordinal) && !unit.Reason.Contains("; ", StringComparison.Ordinal)));

    /// <summary>The object that Istio's metadata names, such as <c>/apis/networking.istio.io/v1/namespaces/prod/virtual-service/shop</c>; null when there is none.</summary>
    public static Resource? Find(string? path, TranslationPass pass)
    {
        if (path is null || ObjectPath().Match(path) is not { Success: true } match)
        {
            return null;
        }
        var (kind, nameSpace, name) = (match.Groups["kind"].Value, match.Groups["namespace"].Value, match.Groups["name"].Value);
        return kind switch
        {
            "virtual-service" => pass.Input.Objects.Find<VirtualService>(nameSpace, name),
            "destination-rule" => pass.Input.Objects.Find<DestinationRule>(nameSpace, name),
            "gateway" => pass.Input.Objects.Find<Gateway>(nameSpace, name),
            "service-entry" => pass.Input.Objects.Find<ServiceEntry>(nameSpace, name),
            "envoy-filter" => pass.Input.Objects.Find<EnvoyFilter>(nameSpace, name),
            _ => null,
        };
    }

    /// <summary>The Gateways of some servers, each at its server.</summary>
    public static IReadOnlyList<ObjectField> OfServers(IEnumerable<BoundServer> servers, string field = "") =>
        [.. servers.Select(server => new ObjectField(server.Gateway, $"spec.servers[{server.Index}]{(field.Length == 0 ? "" : $".{field}")}"))];

    // What is wrong with a cluster is mostly what its rule says; an endpoint is its service's.
    private IReadOnlyList<ObjectField> OfCluster(string name, string? origin)
    {
        if (Find(origin, pass) is { } rule)
        {
            return [new ObjectField(rule, "")];
        }
        return ClusterName.TryParse(name, out var cluster) ? [.. (pass.Services.Find(cluster.Host)?.Sources ?? []).Select(source => new ObjectField(source, ""))] : [];
    }

    [GeneratedRegex("^/apis/[^/]+/[^/]+/namespaces/(?<namespace>[^/]+)/(?<kind>[^/]+)/(?<name>[^/]+)$")]
    private static partial Regex ObjectPath();
}
