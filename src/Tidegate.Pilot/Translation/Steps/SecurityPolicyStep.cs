using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Translation.Attachment;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Pilot.Translation.SecurityPolicies;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The steps about SecurityPolicies: what they are attached to is found before routes are made, and what is to be said of them after everybody has asked.</summary>
internal static class SecurityPolicyStep
{
    /// <summary>Finds out which policy counts where.</summary>
    public static void Attach(TranslationPass pass)
    {
        TranslationMemory memory = pass.Memory;
        IReadOnlyList<SecurityPolicy> policies = memory.SecurityPolicyObjects.Items;
        if (policies.Count == 0)
        {
            return;
        }

        // Anything that a policy names may be another; what is the same in the end is the same instance, by the memory of parts.
        pass.SecurityPolicies = memory.SecurityPolicies.Get(
            [policies, memory.GatewayObjects.Items, memory.VirtualServiceObjects.Items, memory.SecretObjects.Items, memory.ConfigMapObjects.Items, pass.Services, pass.Input.KeySets, pass.Input.Providers],
            () =>
            {
                Resource[] targets = [.. memory.GatewayObjects.Items, .. memory.VirtualServiceObjects.Items];
                return new SecurityPolicyIndex(new PolicyAttachments<SecurityPolicy>(policies, targets), attached => Translate(attached, pass));
            });
    }

    /// <summary>Says what was found, and which keys are needed.</summary>
    public static void Collect(TranslationPass pass)
    {
        if (!ReferenceEquals(pass.Memory.SecurityPoliciesAsked, pass.SecurityPolicies))
        {
            pass.Memory.SecurityPoliciesAsked = pass.SecurityPolicies;
            pass.Memory.SecurityPolicyParts.EndPass();
        }

        pass.Findings.AddRange(pass.SecurityPolicies.Findings);
        pass.KeySets.AddRange(pass.SecurityPolicies.Used.SelectMany(static policy => policy.KeySets));
        pass.Providers.AddRange(pass.SecurityPolicies.Used.SelectMany(static policy => policy.Providers));
    }

    private static SecurityPolicyFilters Translate(AttachedPolicy<SecurityPolicy> attached, TranslationPass pass)
    {
        SecurityPolicy policy = attached.Policy!;
        var named = new PolicyObjects(policy.Namespace, pass.Input.Objects, pass.Services, pass.Mesh, pass.Input.KeySets) { Providers = pass.Input.Providers };
        var key = new IdentityList([policy, attached.Parent, .. PolicyReferences.Of(policy.Spec, named, pass.Services, pass.Input.KeySets)]);
        return pass.Memory.SecurityPolicyParts.GetOrAdd(key, (policy, named), static (_, parts) => SecurityPolicyTranslation.Translate(parts.policy, parts.named));
    }
}
