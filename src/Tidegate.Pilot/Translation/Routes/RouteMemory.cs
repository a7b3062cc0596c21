using Envoy.Config.Route.V3;
using Google.Protobuf.Collections;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.SecurityPolicies;
using Tidegate.Pilot.Translation.VirtualServices;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>What was made of routes in the last pass.</summary>
internal sealed class RouteMemory
{
    /// <summary>The hosts that a server and a VirtualService share, in lower case.</summary>
    public Memo<(Identity<BoundServer> Server, Identity<BoundVirtualService> VirtualService), IReadOnlyList<string>> SharedHosts { get; } = new();

    /// <summary>The routes of a VirtualService.</summary>
    public Memo<(Identity<BoundVirtualService> VirtualService, string Gateway, int Port, bool IsTls, IdentityList Policies), BuiltRoutes> Built { get; } = new();

    /// <summary>The virtual hosts by route configuration and host.</summary>
    public Memo<(string RouteName, string Host), BuiltVirtualHost> VirtualHosts { get; } = new();

    /// <summary>The route configurations by name.</summary>
    public Memo<string, BuiltRouteConfiguration> Configurations { get; } = new();

    internal sealed record BuiltVirtualHost(
        BuiltRoutes[] Parts, int DeclaredPort, VirtualHost Message, ContentHash Hash, IReadOnlyList<Finding> Findings)
    {
        /// <summary>Where it stands in its route configuration; -1 before it is in one.</summary>
        public int Place { get; set; } = -1;

        /// <summary>Whether the draft would give the same message. Both are of the same host.</summary>
        public bool IsOf(VirtualHostDraft draft) =>
            draft.RequiresTls == (Message.RequireTls == VirtualHost.Types.TlsRequirementType.All) &&
            draft.DeclaredPort == DeclaredPort &&
            Same(draft.Parts, Parts) &&
            Same(draft.Domains, Message.Domains);

        private static bool Same(List<string> a, RepeatedField<string> b)
        {
            if (a.Count != b.Count)
            {
                return false;
            }
            for (var i = 0; i < a.Count; i++)
            {
                if (a[i] != b[i])
                {
                    return false;
                }
            }
            return true;
        }

        private static bool Same(List<BuiltRoutes> a, BuiltRoutes[] b)
        {
            if (a.Count != b.Length)
            {
                return false;
            }
            for (var i = 0; i < a.Count; i++)
            {
                if (!ReferenceEquals(a[i], b[i]))
                {
                    return false;
                }
            }
            return true;
        }
    }

    /// <summary>A route configuration, with the policies of its routes, each once.</summary>
    internal sealed record BuiltRouteConfiguration(
        IReadOnlyList<BuiltVirtualHost> VirtualHosts, XdsResource Resource, IReadOnlyList<SecurityPolicyFilters> Policies, IReadOnlyList<Finding> Findings);
}
