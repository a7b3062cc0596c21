using Envoy.Config.Route.V3;
using Envoy.Type.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.VirtualServices;
using static Envoy.Config.Route.V3.RouteAction.Types;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary><c>mirror</c> and <c>mirrors</c> (spec 4.11).</summary>
internal static class MirrorTranslation
{
    public static void AddPolicies(RouteAction action, HttpRoute http, BoundVirtualService virtualService, RouteContext context)
    {
        if (http.Mirror is { } mirror && Percentage(http) is { } percentage)
        {
            action.RequestMirrorPolicies.Add(Policy(mirror, percentage));
        }
        foreach (var policy in http.Mirrors)
        {
            var share = policy.Percentage is { } value ? Positive(value) : FractionalPercents.OfInteger(100);
            if (policy.Destination is { } destination && share is not null)
            {
                action.RequestMirrorPolicies.Add(Policy(destination, share));
            }
        }

        RequestMirrorPolicy Policy(Destination destination, FractionalPercent share) => new()
        {
            Cluster = context.Destinations.ClusterOf(destination, virtualService.Namespace, context.Port),
            RuntimeFraction = share.AsRuntime(),
            TraceSampled = false,
            // 1.16 appended "-shadow" to the host of what it mirrored.
            DisableShadowHostSuffixAppend = context.Mesh.CompatibilityVersion != CompatibilityVersion.Istio1_16,
        };
    }

    private static FractionalPercent? Percentage(HttpRoute http) => http switch
    {
        { MirrorPercentage: { } percentage } => Positive(percentage),
        { MirrorPercent: { } percent } => percent > 0 ? FractionalPercents.OfInteger(percent) : null,
        _ => FractionalPercents.OfInteger(100),
    };

    private static FractionalPercent? Positive(double percent) => percent > 0 ? FractionalPercents.OfDouble(percent) : null;
}
