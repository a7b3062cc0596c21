using Envoy.Config.Route.V3;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>A virtual host in the making: the routes of every VirtualService that has a say in its host, in order.</summary>
internal sealed class VirtualHostDraft(string host, int declaredPort)
{
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
            foreach (var route in part.Routes)
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
}
