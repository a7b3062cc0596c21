using Envoy.Config.Core.V3;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>One process behind a service's port.</summary>
/// <param name="Address">An IP address, a host name (services resolved by DNS), or <c>unix://path</c>.</param>
/// <param name="Port">The port there; 0 for a Unix socket.</param>
/// <param name="Health">Whether it is ready.</param>
internal sealed record ServiceEndpoint(string Address, int Port, HealthStatus Health)
{
    /// <summary>The labels by which subsets choose.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary><c>region/zone/subzone</c>, from the left as far as known.</summary>
    public string Locality { get; init; } = "";

    /// <summary>The network it is in; empty when unknown.</summary>
    public string Network { get; init; } = "";

    /// <summary>The node it runs on; empty when unknown.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>Its share among its like; at least 1.</summary>
    public uint Weight { get; init; } = 1;

    /// <summary>The workload's name for telemetry; empty when unknown.</summary>
    public string Workload { get; init; } = "";

    /// <summary>The workload's namespace.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The name of the account that it runs under, in <see cref="Namespace"/>; empty when unknown.</summary>
    public string ServiceAccount { get; init; } = "";

    /// <summary>Whether it takes the mesh's mutual TLS.</summary>
    public bool TakesMutualTls { get; init; }

    /// <summary>The value of a label, also of those that follow from where it is; empty without one.</summary>
    public string LabelOf(string name) =>
        TopologyLabels.ValueOf(name, LocalityName.Parse(Locality), Network, NodeName) is { Length: > 0 } value
            ? value
            : Labels.GetValueOrDefault(name) ?? "";

    /// <summary>Whether it has all of the labels.</summary>
    public bool Has(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (key, value) in labels)
        {
            if (!Labels.TryGetValue(key, out var actual) || actual != value)
            {
                return false;
            }
        }
        return true;
    }
}
