using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>
/// Finds what destinations name, and remembers every answer: routes have to be translated again only when one of the answers has become
/// another.
/// </summary>
internal sealed class DestinationLookup(ServiceIndex services, DestinationRuleIndex rules)
{
    private readonly List<Answer> _answers = [];

    /// <summary>Everything that was asked so far.</summary>
    public IReadOnlyList<Answer> Answers => [.. _answers];

    /// <summary>The service that a host means to a VirtualService of a namespace, or null.</summary>
    public MeshService? Service(string host, string namespaceName)
    {
        var service = services.Find(host, namespaceName);
        _answers.Add(new Answer(host, namespaceName, IsRule: false, service));
        return service;
    }

    /// <summary>The DestinationRule of a host, or null.</summary>
    public EffectiveDestinationRule? Rule(string host)
    {
        var rule = FindRule(services, rules, host);
        _answers.Add(new Answer(host, "", IsRule: true, rule));
        return rule;
    }

    /// <summary>The cluster of a destination (spec 4.4).</summary>
    /// <param name="destination">The destination, its host in full.</param>
    /// <param name="namespaceName">The VirtualService's namespace.</param>
    /// <param name="declaredPort">The Gateway's port, for a service of several ports of which none is named.</param>
    public string ClusterOf(Destination? destination, string namespaceName, int declaredPort)
    {
        if (destination is null || destination.Host.Length == 0)
        {
            return ClusterName.UnknownService;
        }
        var service = Service(destination.Host, namespaceName);
        var port = destination.Port is { } number ? (int)number
            : service is { Ports.Count: 1 } ? service.Ports[0].Number
            : declaredPort;
        return new ClusterName(port, destination.Subset, AliasOf(service) ?? destination.Host).ToString();
    }

    private static string? AliasOf(MeshService? service) => service is { Resolution: ServiceResolution.Alias } ? service.ExternalName : null;

    /// <summary>The consistent hash that the destination's DestinationRule asks for: the most specific setting wins whole (spec 4.14).</summary>
    public ConsistentHashLb? ConsistentHashOf(Destination? destination)
    {
        if (destination is null || Rule(destination.Host) is not { } rule)
        {
            return null;
        }
        var subset = rule.FindSubset(destination.Subset)?.TrafficPolicy;
        return OfPort(subset, destination.Port)
            ?? subset?.LoadBalancer?.ConsistentHash
            ?? OfPort(rule.TrafficPolicy, destination.Port)
            ?? rule.TrafficPolicy?.LoadBalancer?.ConsistentHash;
    }

    /// <summary>Whether all these answers would be given again.</summary>
    public static bool AreCurrent(IReadOnlyList<Answer> answers, ServiceIndex services, DestinationRuleIndex rules)
    {
        foreach (var answer in answers)
        {
            object? now = answer.IsRule ? FindRule(services, rules, answer.Host) : services.Find(answer.Host, answer.Namespace);
            if (!ReferenceEquals(now, answer.Value))
            {
                return false;
            }
        }
        return true;
    }

    private static EffectiveDestinationRule? FindRule(ServiceIndex services, DestinationRuleIndex rules, string host) =>
        rules.Find(host, services.Find(host)?.Namespace ?? "");

    private static ConsistentHashLb? OfPort(TrafficPolicy? policy, uint? port) =>
        port is null ? null : policy?.PortLevelSettings.FirstOrDefault(setting => setting.Port == port)?.LoadBalancer?.ConsistentHash;

    /// <summary>An answer: what was asked and what was found.</summary>
    internal readonly record struct Answer(string Host, string Namespace, bool IsRule, object? Value);
}
