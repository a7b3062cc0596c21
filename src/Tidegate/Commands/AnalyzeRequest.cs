using Tidegate.Diagnostics;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Validation;

namespace Tidegate.Commands;

/// <summary>What <c>analyze</c> was asked for.</summary>
internal sealed record AnalyzeRequest
{
    /// <summary>Whether only the names of analyzers are wanted.</summary>
    public bool ListsAnalyzers { get; init; }

    /// <summary>Whether the running gateway may be asked.</summary>
    public bool UsesGateway { get; init; }

    /// <summary>What to analyze; empty asks the running gateway.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The namespace that is told of; null tells of all.</summary>
    public string? Namespace { get; init; }

    /// <summary>What is not to be told.</summary>
    public IReadOnlyList<Suppression> Suppressions { get; init; } = [];

    /// <summary>How bad a finding has to be for a failure.</summary>
    public Severity FailureThreshold { get; init; }

    /// <summary>How bad a finding has to be to be told.</summary>
    public Severity OutputThreshold { get; init; }

    /// <summary>The form of the output.</summary>
    public AnalyzeFormat Format { get; init; }

    /// <summary>Whether levels are coloured.</summary>
    public bool IsColoured { get; init; }

    /// <summary>Whether it is told what was analyzed.</summary>
    public bool IsVerbose { get; init; }

    /// <summary>The file of the mesh's configuration; empty for none.</summary>
    public string MeshConfigFile { get; init; } = string.Empty;

    /// <summary>Whether files that cannot be parsed are no failure.</summary>
    public bool IgnoresUnknown { get; init; }

    /// <summary>The analyzers to run; empty runs all.</summary>
    public IReadOnlyList<string> Analyzers { get; init; } = [];

    /// <summary>The gateway that the objects are for.</summary>
    public ProxyNode Node { get; init; } = ProxyNode.IngressGateway;

    /// <summary>What is analyzed, in words.</summary>
    public string Target => Namespace is null ? "all namespaces" : $"namespace: {Namespace}";

    /// <summary>Whether a finding is about what is asked for: what has no namespace always is.</summary>
    public bool IsInNamespace(Diagnostic diagnostic) =>
        Namespace is null || diagnostic.Resource is not { Namespace.Length: > 0 } key || key.Namespace == Namespace;
}
