using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;

namespace Tidegate.Pilot.Translation.VirtualServices;

/// <summary>
/// A VirtualService with all its names made whole (spec 3.2) and its delegates put in (spec 3.8): what routes are translated from. Compared
/// by reference: the same instance as long as the objects it is made of are the same.
/// </summary>
internal sealed class BoundVirtualService
{
    /// <summary>Marks objects that were made from Ingress or Gateway API (Istio's internal annotation).</summary>
    private const string RouteSemantics = "internal.istio.io/route-semantics";

    public required VirtualService Source { get; init; }

    public string Name => Source.Name;

    public string Namespace => Source.Namespace;

    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary><c>namespace/name</c>, or <c>mesh</c>.</summary>
    public required IReadOnlyList<string> Gateways { get; init; }

    public required IReadOnlyList<HttpRoute> HttpRoutes { get; init; }

    public required IReadOnlyList<TcpRoute> TcpRoutes { get; init; }

    public required IReadOnlyList<TlsRoute> TlsRoutes { get; init; }

    /// <summary>Of each of <see cref="HttpRoutes"/>, where it was written: which object, and which of its <c>http</c> entries.</summary>
    public required IReadOnlyList<HttpRouteOrigin> Origins { get; init; }

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Whether a path prefix ends at a slash.</summary>
    public bool MatchesPathSegments => Source.Metadata.Annotations.GetValueOrDefault(RouteSemantics) is "ingress" or "gateway";

    public bool IsFromGatewayApi => Source.Metadata.Annotations.GetValueOrDefault(RouteSemantics) == "gateway";
}

/// <summary>Where an HTTP route was written.</summary>
/// <param name="Source">The VirtualService, which is a delegate for routes that came from one.</param>
/// <param name="Index">Its place in <c>http</c>.</param>
internal readonly record struct HttpRouteOrigin(VirtualService Source, int Index)
{
    /// <summary>Its place in <c>http</c> of the VirtualService that has the host: for a route that came from a delegate, that of the one that names the delegate.</summary>
    public int RootIndex { get; init; } = Index;

    /// <summary>The field path of the route.</summary>
    public string Path => $"http[{Index}]";
}
