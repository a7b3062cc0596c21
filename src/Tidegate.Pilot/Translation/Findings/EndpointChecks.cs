using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Translation.Findings;

/// <summary>Whether what says where endpoints are says it of a Service that there is.</summary>
internal sealed class EndpointChecks(IReadOnlyList<Service> services)
{
    private readonly Dictionary<(string Namespace, string Name), Service> _services = services.ToDictionary(service => (service.Namespace, service.Name));

    /// <summary>What is to be said about an EndpointSlice.</summary>
    public Finding? Check(EndpointSlice slice)
    {
        IReadOnlyDictionary<string, string> labels = slice.Metadata.Labels;
        if (!labels.TryGetValue(EndpointIndex.ServiceNameLabel, out string? name))
        {
            string? nearest = labels.Keys.FirstOrDefault(key => NearestName.Of(key, [EndpointIndex.ServiceNameLabel]) is not null);
            string found = nearest is null ? string.Empty : $" (it has {nearest})";
            return Finding.Warning(
                DiagnosticCodes.EndpointsUnused, slice, "metadata.labels", $"has no {EndpointIndex.ServiceNameLabel}{found}, so it belongs to no Service and has no effect");
        }

        return _services.TryGetValue((slice.Namespace, name), out Service? service)
            ? CheckPorts(slice, "ports", slice.Spec.Ports, service)
            : Finding.Warning(
                DiagnosticCodes.EndpointsUnused,
                slice,
                $"metadata.labels.{EndpointIndex.ServiceNameLabel}",
                $"there is no Service \"{name}\" in namespace {slice.Namespace}, so it has no effect{Advice(name, slice.Namespace)}");
    }

    /// <summary>What is to be said about an Endpoints object.</summary>
    public Finding? Check(Resources.Endpoints endpoints) =>
        _services.TryGetValue((endpoints.Namespace, endpoints.Name), out Service? service)
            ? CheckPorts(endpoints, "subsets", [.. endpoints.Spec.Subsets.SelectMany(subset => subset.Ports)], service)
            : Finding.Warning(
                DiagnosticCodes.EndpointsUnused,
                endpoints,
                "metadata.name",
                $"there is no Service \"{endpoints.Name}\" in namespace {endpoints.Namespace}, so it has no effect{Advice(endpoints.Name, endpoints.Namespace)}");

    /// <summary>What is to be said about endpoints of the command line, which is no object.</summary>
    public Diagnostic? Check(EndpointOverride endpoint)
    {
        string name = $"{endpoint.Service}.{endpoint.Namespace}";
        string? problem = !_services.TryGetValue((endpoint.Namespace, endpoint.Service), out Service? service)
            ? $"there is no Service \"{endpoint.Service}\" in namespace {endpoint.Namespace}{Advice(endpoint.Service, endpoint.Namespace)}"
            : endpoint.ServicePort is { } port && service.Spec.Ports.All(known => known.Port != port)
                ? $"{port} is not a port of Service {name}, which has {string.Join(", ", service.Spec.Ports.Select(known => known.Port))}"
                : null;
        return problem is null
            ? null
            : new Diagnostic(Severity.Warning, DiagnosticCodes.EndpointsUnused, null, string.Empty, "--endpoint", 0, $"{name}: {problem}; the option has no effect");
    }

    // Endpoints belong to a Service's port by its name.
    private static Finding? CheckPorts(Resource source, string path, IReadOnlyList<SlicePort> ports, Service service)
    {
        string[] known = [.. service.Spec.Ports.Select(port => port.Name)];
        return ports.Count == 0 || known.Length == 0 || ports.Any(port => known.Contains(port.Name))
            ? null
            : Finding.Warning(
                DiagnosticCodes.EndpointsUnused,
                source,
                path,
                $"none of the ports {List(ports.Select(port => port.Name))} is one of Service {service.Namespace}/{service.Name}, which are {List(known)}; endpoints belong to ports by name");
    }

    private string Advice(string name, string nameSpace) =>
        NearestName.Of(name, _services.Keys.Where(key => key.Namespace == nameSpace).Select(key => key.Name)) is { } nearest ? $"; did you mean {nearest}?" : string.Empty;

    private static string List(IEnumerable<string> names) => string.Join(", ", names.Distinct().Select(name => name.Length == 0 ? "(without a name)" : name));
}
