using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.InternalRedirect.AllowListedRoutes.V3;
using Envoy.Extensions.InternalRedirect.PreviousRoutes.V3;
using Envoy.Extensions.InternalRedirect.SafeCrossScheme.V3;
using Tidegate.Proxy.Runtime;
using Proto = Envoy.Config.Route.V3.InternalRedirectPolicy;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles which redirects of upstreams are followed (Envoy: <c>InternalRedirectPolicy</c>).</summary>
internal static class InternalRedirectCompiler
{
    private static readonly int[] Redirects = [301, 302, 303, 307, 308];

    /// <summary>Compiles a policy; null when no answer of the route is followed.</summary>
    public static InternalRedirectRules? Compile(Proto? policy, CompileScope scope)
    {
        if (policy is null)
        {
            return null;
        }

        bool refusesPrevious = false;
        bool isSafe = false;
        HashSet<string>? allowed = null;
        for (int i = 0; i < policy.Predicates.Count; i++)
        {
            TypedExtensionConfig predicate = policy.Predicates[i];
            CompileScope at = scope.At("predicates", i);
            if (predicate.TypedConfig?.Is(PreviousRoutesConfig.Descriptor) == true)
            {
                refusesPrevious = true;
            }
            else if (predicate.TypedConfig?.Is(SafeCrossSchemeConfig.Descriptor) == true)
            {
                isSafe = true;
            }
            else if (predicate.TypedConfig?.Is(AllowListedRoutesConfig.Descriptor) == true && at.TryUnpack(predicate.TypedConfig, out AllowListedRoutesConfig? list))
            {
                allowed = allowed is null ? [.. list.AllowedRouteNames] : [.. allowed.Intersect(list.AllowedRouteNames)];
            }
            else
            {
                at.Refuse($"\"{predicate.Name}\" is not supported");
            }
        }

        for (int i = 0; i < policy.ResponseHeadersToCopy.Count; i++)
        {
            HeaderMutationCompiler.CheckName(policy.ResponseHeadersToCopy[i], scope.At("response_headers_to_copy", i));
        }

        return new InternalRedirectRules
        {
            MaxRedirects = policy.MaxInternalRedirects ?? 1,

            // Envoy passes over statuses that are none of these.
            Statuses = policy.RedirectResponseCodes.Count == 0 ? [302] : [.. policy.RedirectResponseCodes.Select(static code => (int)code).Where(Redirects.Contains)],
            AllowsCrossScheme = policy.AllowCrossSchemeRedirect,
            IsCrossSchemeSafe = isSafe,
            RefusesPreviousRoutes = refusesPrevious,
            AllowedRoutes = allowed,
            CopiedHeaders = [.. policy.ResponseHeadersToCopy.Select(static name => Encoding.ASCII.GetBytes(name.ToLowerInvariant()))],
        };
    }
}
