using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Analysis;

/// <summary>What <c>validate</c> says of one file (cli.md, 6.2): each object by itself, by the rules by which the gateway takes or refuses it, and without unknown fields.</summary>
/// <param name="Errors">What must not be, each with its object.</param>
/// <param name="Warnings">What is worth a look.</param>
public sealed record ManifestCheck(IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings)
{
    private const string Requirements = "https://istio.io/v1.30/docs/ops/deployment/requirements/";
    private const string ProtocolSelection = "https://istio.io/v1.30/docs/ops/configuration/traffic-management/protocol-selection/";
    private const string UnknownField = "unknown-field";

    // A key that is there twice, or a value that is another one than it seems to be.
    private const string DoubtfulYaml = "yaml";

    /// <summary>Checks a file.</summary>
    /// <param name="file">What messages call it.</param>
    /// <param name="text">What it holds.</param>
    /// <param name="defaultNamespace">The namespace of objects that name none.</param>
    /// <param name="istioNamespace">That of the control plane, whose Services are its own affair.</param>
    public static ManifestCheck Of(string file, string text, string defaultNamespace, string istioNamespace)
    {
        Manifest manifest = new ManifestReader(defaultNamespace).Read(file, text);
        Dictionary<ResourceKey, string> names = [];
        foreach (Resource resource in manifest.Resources.Concat(manifest.Broken))
        {
            // As it is written: an object without a namespace is told of without one.
            string nameSpace = resource.Origin.ExactLineOf("metadata.namespace") is null ? string.Empty : resource.Namespace;
            names[resource.Key] = $"{resource.Kind}/{nameSpace}/{resource.Name}";
        }

        List<string> errors = [];
        List<string> warnings = [];
        foreach (Diagnostic diagnostic in manifest.Diagnostics.Where(diagnostic => diagnostic.Severity != Severity.Info))
        {
            bool isError = diagnostic.Severity == Severity.Error || diagnostic.Code is UnknownField or DoubtfulYaml;
            (isError ? errors : warnings).Add(diagnostic.Resource is { } key ? $"{NameOf(key)}: {TextOf(diagnostic)}" : $"failed to decode file {diagnostic}");
        }

        foreach (Service service in manifest.Resources.Concat(manifest.Broken).OfType<Service>().Where(service => service.Namespace != istioNamespace))
        {
            string shown = GoText.Quote($"{service.Name}/{names[service.Key].Split('/')[1]}/:");
            errors.AddRange(PortProblems(service, shown).Select(problem => $"{names[service.Key]}: {problem}"));
        }

        return new ManifestCheck(errors, warnings);

        string NameOf(ResourceKey key) => names.GetValueOrDefault(key) ?? $"{key.Kind}/{key.Namespace}/{key.Name}";
    }

    private static string TextOf(Diagnostic diagnostic) => diagnostic.Code switch
    {
        UnknownField => $"unknown field {GoText.Quote(diagnostic.Field)}: {GoText.Escape(diagnostic.Message)}",
        _ when diagnostic.Field.Length > 0 => GoText.Escape($"{diagnostic.Field}: {diagnostic.Message}"),
        _ => GoText.Escape(diagnostic.Message),
    };

    private static IEnumerable<string> PortProblems(Service service, string shown)
    {
        foreach (KubernetesServicePort port in service.Spec.Ports.Where(port => !port.Protocol.Equals("UDP", StringComparison.OrdinalIgnoreCase)))
        {
            if (port.AppProtocol.Length > 0)
            {
                if (PortProtocols.Parse(port.AppProtocol) == PortProtocol.Unsupported)
                {
                    yield return $"service {shown} doesn't follow Istio protocol selection. This is not recommended, See {ProtocolSelection}";
                }
            }
            else if (port.Name.Length == 0)
            {
                yield return $"service {shown} has an unnamed port. This is not recommended, See {Requirements}";
            }
            else if (PortProtocols.Parse(port.Name.Split('-')[0]) == PortProtocol.Unsupported)
            {
                yield return $"service {shown} port {GoText.Quote(port.Name)} does not follow the Istio naming convention. See {Requirements}";
            }
        }
    }
}
