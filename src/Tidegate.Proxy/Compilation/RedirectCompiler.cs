using Envoy.Config.Route.V3;
using Tidegate.Proxy.Routing;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles redirects (istio-gateway.md 4.7).</summary>
internal static class RedirectCompiler
{
    /// <summary>Compiles a redirect.</summary>
    public static Redirect Compile(RedirectAction action, CompileScope scope)
    {
        scope.RefuseIf(action.PortRedirect > 65535, $"port_redirect {action.PortRedirect} is no port");
        foreach (string text in (string[])[action.HostRedirect, action.PathRedirect, action.PrefixRewrite])
        {
            scope.RefuseIf(PathRules.CheckTarget(text));
        }

        PathRewrite? rewrite = action.PathRewriteSpecifierCase switch
        {
            RedirectAction.PathRewriteSpecifierOneofCase.PrefixRewrite => PathRewrite.OfPrefix(action.PrefixRewrite),
            RedirectAction.PathRewriteSpecifierOneofCase.RegexRewrite =>
                MatcherCompiler.Replacement(action.RegexRewrite, scope.At("regex_rewrite")) is var (pattern, substitution)
                    ? PathRewrite.OfPattern(pattern, substitution)
                    : null,
            _ => null,
        };
        return new Redirect
        {
            Status = action.ResponseCode switch
            {
                RedirectAction.Types.RedirectResponseCode.Found => 302,
                RedirectAction.Types.RedirectResponseCode.SeeOther => 303,
                RedirectAction.Types.RedirectResponseCode.TemporaryRedirect => 307,
                RedirectAction.Types.RedirectResponseCode.PermanentRedirect => 308,
                _ => 301,
            },
            Scheme = action.HttpsRedirect ? "https" : action.SchemeRedirect,
            Host = action.HostRedirect,
            Port = (int)action.PortRedirect,
            Path = action.PathRedirect,
            PathRewrite = rewrite,
            StripsQuery = action.StripQuery,
        };
    }
}
