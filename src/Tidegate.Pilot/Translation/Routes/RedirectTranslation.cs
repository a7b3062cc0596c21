using Envoy.Config.Route.V3;
using Tidegate.Pilot.Resources;
using static Envoy.Config.Route.V3.RedirectAction.Types;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary><c>redirect</c> (spec 4.7).</summary>
internal static class RedirectTranslation
{
    /// <summary>Makes the route a redirect. A code that Envoy does not know leaves the route without an action, as in Istio.</summary>
    public static void Apply(Route route, HttpRedirect redirect, RouteContext context)
    {
        var code = redirect.RedirectCode switch
        {
            0 or 301 => RedirectResponseCode.MovedPermanently,
            302 => RedirectResponseCode.Found,
            303 => RedirectResponseCode.SeeOther,
            307 => RedirectResponseCode.TemporaryRedirect,
            308 => RedirectResponseCode.PermanentRedirect,
            _ => (RedirectResponseCode?)null,
        };
        if (code is null)
        {
            return;
        }
        var action = new RedirectAction { HostRedirect = redirect.Authority, ResponseCode = code.Value };
        if (redirect.PrefixRewrite.Length > 0)
        {
            action.PrefixRewrite = redirect.PrefixRewrite;
        }
        else
        {
            action.PathRedirect = redirect.Uri; // empty keeps the path
        }
        if (redirect.Scheme.Length > 0)
        {
            action.SchemeRedirect = redirect.Scheme;
        }
        action.PortRedirect = Port(redirect, context);
        route.Redirect = action;
    }

    /// <summary>
    /// The port to name, or 0 for that of the request's host. A port that the user wrote, or asked for as the protocol's own, takes the place of the
    /// host's also where it is the scheme's own: Istio drops it then, and sends a client that came by another port to a port that does not speak the scheme.
    /// </summary>
    private static uint Port(HttpRedirect redirect, RouteContext context)
    {
        var scheme = redirect.Scheme.Length == 0 ? (context.IsTls ? "https" : "http") : redirect.Scheme;
        var own = scheme == "https" ? 443u : 80u;
        if (redirect.DerivePort == RedirectPortSelection.FromRequestPort)
        {
            return (uint)context.Port == own ? 0 : (uint)context.Port;
        }
        if (redirect.Authority.Length > 0)
        {
            return redirect.Port is { } written && written != own ? written : 0; // a new host has no port to be replaced
        }
        return redirect.DerivePort == RedirectPortSelection.FromProtocolDefault ? own : redirect.Port ?? 0;
    }
}
