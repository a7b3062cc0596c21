using Envoy.Config.Route.V3;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>A virtual host in the making: the routes of every VirtualService that has a say in its host, in order.</summary>
internal sealed class VirtualHostDraft(string host, int declaredPort)
{
    private static readonly RouteMatch EveryRequest = new() { Prefix = "/" };

    /// <summary>The host, in lower case.</summary>
    public string Host { get; } = host;

    /// <summary>The port in the name: that of the first server.</summary>
    public int DeclaredPort { get; } = declaredPort;

    public string Name => HostNames.WithPort(Host, DeclaredPort);

    public List<string> Domains { get; } = new(1) { host };

    public List<BuiltRoutes> Parts { get; } = new(1);

    public bool RequiresTls { get; set; }

    /// <summary>The message: first the routes that leave something over, then those that take everything (spec 3.6).</summary>
    public VirtualHost Build(bool includesAttemptCount)
    {
        var result = new VirtualHost
        {
            Name = Name,
            IncludeRequestAttemptCount = includesAttemptCount,
            RequireTls = RequiresTls ? VirtualHost.Types.TlsRequirementType.All : VirtualHost.Types.TlsRequirementType.None,
        };
        result.Domains.Add(Domains);
        List<Route>? catchAll = null;
        foreach (var part in Parts)
        {
            foreach (var (route, _) in part.Routes)
            {
                if (RouteMatchTranslation.IsCatchAll(route.Match))
                {
                    (catchAll ??= []).Add(route);
                }
                else
                {
                    result.Routes.Add(route);
                }
            }
        }
        result.Routes.Add(catchAll ?? []);
        return result;
    }

    /// <summary>The routes that are never reached, because another VirtualService, which comes first, has the same match (spec 3.6).</summary>
    public IReadOnlyList<Finding> FindTakenRoutes()
    {
        if (Parts.Count < 2)
        {
            return [];
        }
        var findings = new List<Finding>();
        var owners = new Dictionary<RouteMatch, BoundVirtualService>();
        foreach (var part in Parts)
        {
            foreach (var (route, index) in part.Routes)
            {
                var match = RouteMatchTranslation.IsCatchAll(route.Match) ? EveryRequest : route.Match;
                if (owners.TryAdd(match, part.VirtualService) || owners[match] == part.VirtualService)
                {
                    continue;
                }
                var (owner, origin) = (owners[match], part.VirtualService.Origins[index]);
                findings.Add(Finding.Warning(
                    DiagnosticCodes.RouteTaken,
                    origin.Source,
                    $"{origin.Path}.match",
                    $"never reached on host \"{Host}\": VirtualService {owner.Namespace}/{owner.Name}, which comes first, has the same match"));
            }
        }
        return findings;
    }
}
