using System.Globalization;
using System.Text.RegularExpressions;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.EnvoyFilters;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Origins;

/// <summary>Which patches of EnvoyFilters a unit that is refused comes from: those of its kind that speak of what is wrong, where they have changed it.</summary>
internal sealed partial class PatchOrigins(TranslationPass pass)
{
    public IReadOnlyList<ObjectField> Of(XdsResource? resource, XdsRefusedUnit unit)
    {
        if (resource is null || pass.Patches is not { IsEmpty: false } patches || !IsPatched(resource, unit.Path))
        {
            return [];
        }
        // What a patch adds has a name of its own.
        if (resource.Message is RouteConfiguration && HostRoute().Match(unit.Path) is { Success: true } place &&
            patches.Of(EnvoyApplyTo.VirtualHost).FirstOrDefault(patch => patch.Operation == EnvoyPatchOperation.Add && (patch.Value as VirtualHost)?.Name == place.Groups["host"].Value) is { } adding)
        {
            return [new ObjectField(adding.Source, $"spec.{adding.ValuePath}")];
        }
        var candidates = KindsOf(resource.Message).SelectMany(patches.Of).ToArray();
        var words = FieldName().Matches($"{unit.Path} {unit.Reason}").Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        var speaking = candidates.Where(patch => Speaks(patch, words, unit.Reason)).ToArray();
        return [.. (speaking.Length > 0 ? speaking : candidates).Select(patch => new ObjectField(patch.Source, patch.Value is null ? $"spec.configPatches[{patch.Index}]" : $"spec.{patch.ValuePath}"))];
    }

    private static IEnumerable<EnvoyApplyTo> KindsOf(IMessage message) => message switch
    {
        RouteConfiguration => [EnvoyApplyTo.HttpRoute, EnvoyApplyTo.VirtualHost, EnvoyApplyTo.RouteConfiguration],
        Listener => [EnvoyApplyTo.HttpFilter, EnvoyApplyTo.NetworkFilter, EnvoyApplyTo.FilterChain, EnvoyApplyTo.ListenerFilter, EnvoyApplyTo.Listener],
        _ => [EnvoyApplyTo.Cluster],
    };

    // Whether the patch writes a field that the refusal names, or has the name of what is refused.
    private static bool Speaks(EnvoyPatch patch, HashSet<string> words, string reason)
    {
        if (patch.Value is null)
        {
            return patch.FilterName.Length > 0 && reason.Contains(patch.FilterName, StringComparison.Ordinal);
        }
        var text = patch.Patch.Value ?? "";
        var name = patch.Value switch
        {
            Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpFilter filter => filter.Name,
            Filter filter => filter.Name,
            ListenerFilter filter => filter.Name,
            _ => "",
        };
        return (name.Length > 0 && reason.Contains($"\"{name}\"", StringComparison.Ordinal)) || words.Any(word => text.Contains(word, StringComparison.Ordinal) || text.Contains(CamelCase(word), StringComparison.Ordinal));
    }

    private bool IsPatched(XdsResource resource, string path)
    {
        if (!pass.Unpatched.TryGetValue(resource.Name, out var before))
        {
            // Not changed, or made by a patch.
            return pass.AddedByPatches.Contains(resource.Name);
        }
        return (resource.Message, before.Message) switch
        {
            (RouteConfiguration after, RouteConfiguration was) => IsPatched(after, was, path),
            (Listener after, Listener was) when Chain().Match(path) is { Success: true } place =>
                int.Parse(place.Groups["chain"].Value, CultureInfo.InvariantCulture) is var index && index < after.FilterChains.Count && !was.FilterChains.Contains(after.FilterChains[index]),
            _ => true,
        };
    }

    private static bool IsPatched(RouteConfiguration after, RouteConfiguration was, string path)
    {
        if (HostRoute().Match(path) is not { Success: true } place)
        {
            return true;
        }
        var (host, hostBefore) = (Named(after, place), Named(was, place));
        if (host is null || hostBefore is null || place.Groups["route"] is not { Success: true } index)
        {
            return host is not null && !host.Equals(hostBefore);
        }
        var i = int.Parse(index.Value, CultureInfo.InvariantCulture);
        return i < host.Routes.Count && !hostBefore.Routes.Contains(host.Routes[i]);
    }

    private static VirtualHost? Named(RouteConfiguration routes, Match place) => routes.VirtualHosts.FirstOrDefault(host => host.Name == place.Groups["host"].Value);

    private static string CamelCase(string name) => Underscore().Replace(name, match => match.Groups[1].Value.ToUpperInvariant());

    [GeneratedRegex("[a-z0-9]+(_[a-z0-9]+)+")]
    private static partial Regex FieldName();

    [GeneratedRegex("_([a-z0-9])")]
    private static partial Regex Underscore();

    [GeneratedRegex(@"^filter_chains\[(?<chain>\d+)\]")]
    private static partial Regex Chain();

    [GeneratedRegex("^virtual_hosts\\[\"(?<host>[^\"]*)\"\\](\\.routes\\[(?<route>\\d+)\\])?")]
    private static partial Regex HostRoute();
}
