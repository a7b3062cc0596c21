using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Sources.Reading;

/// <summary>What is found while one object is read. A Secret's content is in none of it: neither its values nor keys that nobody knows.</summary>
/// <param name="file">Where the object is.</param>
/// <param name="key">Which object it is.</param>
/// <param name="isProtobuf">Whether it is protobuf's JSON, as Istio's kinds are, and not one of Kubernetes' own kinds.</param>
/// <param name="diagnostics">Takes what is found.</param>
internal sealed class ReadingContext(string file, ResourceKey key, bool isProtobuf, List<Diagnostic> diagnostics)
{
    // The fields that a Secret may have, or may seem to have. Any other may be a part of a value that lost its indentation.
    private static readonly HashSet<string> SecretFields =
        ["annotations", "data", "immutable", "labels", "metadata", "name", "namespace", "spec", "stringData", "stringdata", "string_data", "type"];

    private readonly bool _isConfidential = key.Kind == nameof(Secret);
    private readonly HashSet<string> _wrong = [];
    private int _count;

    /// <summary>Whether the object cannot be taken.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>How many findings are told: a mapping of thousands of unknown keys is one mistake.</summary>
    public int MaxFindings { get; init; } = ManifestLimits.Default.MaxFindings;

    /// <summary>Whether so much was found that nothing more is shown.</summary>
    public bool IsFull => _count >= MaxFindings;

    /// <summary>Whether the object keeps requests out: what nobody knows of it might say which, so it is not passed over.</summary>
    public bool Guards { get; init; }

    /// <summary>The fields that could not be read.</summary>
    public IReadOnlyCollection<string> WrongFields => _wrong;

    /// <summary>Whether the object is protobuf's JSON.</summary>
    public bool IsProtobuf { get; } = isProtobuf;

    /// <summary>What a node is, in the words of a message.</summary>
    public string Describe(YamlNode node) => _isConfidential ? node.DescribeType() : node.Describe();

    /// <summary>A field's name for a message.</summary>
    public string NameOf(string field) => !_isConfidential || SecretFields.Contains(field) || Secret.PublicKeys.Contains(field) ? field : "(a key)";

    /// <summary>Whether a field could not be read: what is checked afterwards is not what was written.</summary>
    public bool IsWrong(string field) => _wrong.Contains(field);

    /// <summary>Something is wrong.</summary>
    public void Error(string field, int line, string message)
    {
        HasErrors = true;
        _wrong.Add(field);
        Add(Severity.Error, "invalid-field", field, line, message);
    }

    /// <summary>Something has no effect.</summary>
    public void Warning(string code, string field, int line, string message) => Add(Severity.Warning, code, field, line, message);

    private void Add(Severity severity, string code, string field, int line, string message)
    {
        if (++_count < MaxFindings)
        {
            diagnostics.Add(new Diagnostic(severity, code, key, field, file, line, message));
        }
        else if (_count == MaxFindings)
        {
            diagnostics.Add(new Diagnostic(severity, code, key, string.Empty, file, line, $"has more than {MaxFindings} such findings; no more are shown"));
        }
    }
}
