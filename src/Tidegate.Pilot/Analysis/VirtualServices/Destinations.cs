using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.VirtualServices;

/// <summary>A destination of a VirtualService.</summary>
/// <param name="Value">The destination.</param>
/// <param name="Field">The field of its host.</param>
/// <param name="IsMirror">Whether it gets copies of requests.</param>
internal readonly record struct FoundDestination(Destination Value, string Field, bool IsMirror);

/// <summary>Goes through the destinations of VirtualServices.</summary>
internal static class Destinations
{
    /// <summary>All of them, mirrors last.</summary>
    public static IEnumerable<FoundDestination> Of(VirtualService service)
    {
        VirtualServiceSpec spec = service.Spec;
        IEnumerable<(string Field, Destination? Value)> routed =
        [
            .. spec.Tcp.SelectMany((route, i) => route.Route.Select((weighted, j) => ($"spec.tcp[{i}].route[{j}].destination.host", weighted.Destination))),
            .. spec.Tls.SelectMany((route, i) => route.Route.Select((weighted, j) => ($"spec.tls[{i}].route[{j}].destination.host", weighted.Destination))),
            .. spec.Http.SelectMany((route, i) => route.Route.Select((weighted, j) => ($"spec.http[{i}].route[{j}].destination.host", weighted.Destination))),
        ];
        IEnumerable<(string Field, Destination? Value)> mirrored =
        [
            .. spec.Http.Select((route, i) => ($"spec.http[{i}].mirror.host", route.Mirror)),
            .. spec.Http.SelectMany((route, i) => route.Mirrors.Select((mirror, j) => ($"spec.http[{i}].mirrors[{j}].destination.host", mirror.Destination))),
        ];
        return
        [
            .. routed.Where(found => found.Value is not null).Select(found => new FoundDestination(found.Value!, found.Field, IsMirror: false)),
            .. mirrored.Where(found => found.Value is not null).Select(found => new FoundDestination(found.Value!, found.Field, IsMirror: true)),
        ];
    }
}
