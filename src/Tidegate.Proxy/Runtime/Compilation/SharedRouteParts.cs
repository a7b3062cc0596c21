using Envoy.Config.Route.V3;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>
/// What many routes of a configuration say in the same words, compiled once. Beside the memory this saves time: with ten thousand hosts
/// asked in turn, what each request reads of its own route comes from main memory, and what routes share from the processor's caches.
/// </summary>
internal sealed class SharedRouteParts(MatcherCompiler matchers)
{
    private readonly Dictionary<RouteMatch, RouteMatcher> _matchers = [];
    private readonly Dictionary<RetryPolicy, RuntimeRetryPolicy?> _retryPolicies = [];

    /// <summary>The conditions of a route. What is wrong with them is reported where they were met first.</summary>
    public RouteMatcher Matcher(RouteMatch match, CompileScope scope)
    {
        if (!_matchers.TryGetValue(match, out RouteMatcher? matcher))
        {
            matcher = matchers.Route(match, scope);
            _matchers.Add(match, matcher);
        }

        return matcher;
    }

    /// <summary>A retry policy; null when it asks for no attempt. What is wrong with it is reported where it was met first.</summary>
    public RuntimeRetryPolicy? RetryPolicy(RetryPolicy policy, CompileScope scope)
    {
        if (!_retryPolicies.TryGetValue(policy, out RuntimeRetryPolicy? compiled))
        {
            compiled = RetryPolicyCompiler.Compile(policy, matchers, scope);
            _retryPolicies.Add(policy, compiled);
        }

        return compiled;
    }
}
