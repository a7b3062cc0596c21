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

    /// <summary>The port to name, or 0 for none: never the scheme's own.</summary>
    private static uint Port(HttpRedirect redirect, RouteContext context)
    {
        var port = redirect.Port ?? 0;
        if (redirect.DerivePort == RedirectPortSelection.FromRequestPort)
        {
            port = (uint)context.Port;
        }
        var scheme = redirect.Scheme.Length == 0 ? (context.IsTls ? "https" : "http") : redirect.Scheme;
        return (port, scheme) is (80, "http") or (443, "https") ? 0 : port;
    }
}
