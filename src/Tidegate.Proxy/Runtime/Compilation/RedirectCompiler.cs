using Envoy.Config.Route.V3;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Compiles redirects (istio-gateway.md 4.7).</summary>
internal static class RedirectCompiler
{
    /// <summary>Compiles a redirect.</summary>
    public static Redirect Compile(RedirectAction action, CompileScope scope)
    {
        scope.RefuseIf(action.PortRedirect > 65535, $"port_redirect {action.PortRedirect} is no port");
        scope.RefuseIf(HasControl(action.HostRedirect) || HasControl(action.PathRedirect) || HasControl(action.PrefixRewrite), "a control character or a space is not allowed");
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

    private static bool HasControl(string text) => text.Any(static c => c <= ' ' || c == '\x7F');
}
