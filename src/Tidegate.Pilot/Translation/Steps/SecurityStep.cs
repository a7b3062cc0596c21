using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Pilot.Translation.Security;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The step that makes the filters of policies.</summary>
internal static class SecurityStep
{
    public static void Translate(TranslationPass pass)
    {
        IReadOnlyList<AuthorizationPolicy> policies =
            PolicySelection.For(pass.Input.Objects.All<AuthorizationPolicy>(), static policy => policy.Spec.Targets, pass.Node, pass.Mesh);
        IReadOnlyList<RequestAuthentication> authentications =
            PolicySelection.For(pass.Input.Objects.All<RequestAuthentication>(), static authentication => authentication.Spec.Targets, pass.Node, pass.Mesh);
        string[] guarded = [.. GuardedHostsOf(policies, pass.VirtualServices)];
        object?[] inputs = [pass.Services, pass.Input.KeySets, pass.Input.Providers, .. policies, .. authentications];
        if (!pass.Memory.Security.IsSame(inputs, guarded))
        {
            var translation = new SecurityTranslation(pass.Node, pass.Mesh, pass.Services);
            SecurityFilters made = policies.Count + authentications.Count == 0
                ? SecurityFilters.None
                : translation.Translate(policies, authentications, new GuardedHosts(guarded.ToHashSet()), pass.Input.KeySets);
            pass.Memory.Security.Set(inputs, guarded, made);
        }

        pass.Security = pass.Memory.Security.Filters;
        pass.KeySets.AddRange(pass.Security.KeySets);
        pass.Providers.AddRange(pass.Security.Providers);
        pass.Findings.AddRange(pass.Security.Findings);
    }

    // Routes of hosts that are a policy's, or of patterns of which it is one, go by its name; those of all hosts do not.
    private static IEnumerable<string> GuardedHostsOf(IReadOnlyList<AuthorizationPolicy> policies, VirtualServiceIndex virtualServices)
    {
        string[] hosts = [.. policies.SelectMany(GuardedHosts.WithoutPort).Distinct().Order(StringComparer.Ordinal)];
        return hosts.Length == 0 ? [] : hosts.Where(host => virtualServices.All.Any(service => service.Hosts.Any(named => named != "*" && HostNames.Matches(named, host))));
    }
}
