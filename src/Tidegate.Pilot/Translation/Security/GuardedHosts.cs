using Envoy.Type.Matcher.V3;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>
/// Hosts of policies that routes go by. A route takes its host with any port, a policy takes it as it is written: without more, whoever writes a port gets
/// past a policy that keeps the host (security-envoy.md 4 and 12).
/// </summary>
/// <param name="named">The hosts that VirtualServices name, but for <c>*</c>, in lower case.</param>
internal sealed class GuardedHosts(IReadOnlySet<string> named)
{
    /// <summary>No hosts.</summary>
    public static readonly GuardedHosts None = new(new HashSet<string>());

    /// <summary>The hosts of a policy that are written without a port.</summary>
    public static IEnumerable<string> WithoutPort(AuthorizationPolicy policy) => policy.Spec.Action != AuthorizationAction.Deny ? [] :
        from rule in policy.Spec.Rules
        from operation in rule.To
        where operation is not null
        from host in operation.Hosts.Values
        where host.Length > 0 && !host.Contains(':') && !host.EndsWith('*')
        select host.ToLowerInvariant();

    /// <summary>What fits a host of a policy with a port behind it; null where no route goes by the host's name.</summary>
    public StringMatcher? WithPort(string host)
    {
        string name = host.ToLowerInvariant();
        bool isNamed = host.Length > 0 && !host.Contains(':') && !host.EndsWith('*') && named.Contains(name);
        return !isNamed ? null : host.StartsWith('*')
            ? ValueMatchers.Regex($"(?i).*{ValueMatchers.Quote(name[1..])}:.*")
            : new StringMatcher { Prefix = $"{host}:", IgnoreCase = true };
    }
}
