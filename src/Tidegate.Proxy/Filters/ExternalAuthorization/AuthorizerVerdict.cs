using Tidegate.Http.Headers;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Routing.Metadata;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>What an authorizer has said.</summary>
internal enum AuthorizerDecision : byte
{
    /// <summary>Nothing that can be used: it could not be asked, or its answer is none.</summary>
    None,

    /// <summary>Yes.</summary>
    Allowed,

    /// <summary>No.</summary>
    Denied,
}

/// <summary>A decision and what goes with it.</summary>
/// <param name="Decision">The decision.</param>
internal sealed record AuthorizerVerdict(AuthorizerDecision Decision)
{
    /// <summary>It could not be asked.</summary>
    public static readonly AuthorizerVerdict Failed = new(AuthorizerDecision.None);

    /// <summary>The status of a denial.</summary>
    public int Status { get; init; } = 403;

    /// <summary>The body of a denial.</summary>
    public byte[] Body { get; init; } = [];

    /// <summary>Fields of a denial.</summary>
    public List<(byte[] Name, byte[] Value)> DenialFields { get; } = [];

    /// <summary>Whether a client can be told what goes with a denial.</summary>
    public bool IsDenialValid => DenialFields.TrueForAll(static entry => HeaderMutationRules.IsValid(entry.Name, entry.Value));

    /// <summary>Fields that the request gets in the place of those of the same name; pseudo fields among them.</summary>
    public List<(byte[] Name, byte[] Value)> RequestFields { get; } = [];

    /// <summary>Values that go behind those of the request's fields of that name.</summary>
    public List<(byte[] Name, byte[] Value)> AppendedValues { get; } = [];

    /// <summary>Fields that the request loses.</summary>
    public List<byte[]> RemovedFields { get; } = [];

    /// <summary>Parameters of the query that are set.</summary>
    public List<(string Name, string Value)> SetParameters { get; } = [];

    /// <summary>Parameters of the query that are removed.</summary>
    public List<string> RemovedParameters { get; } = [];

    /// <summary>Fields that the answer gets.</summary>
    public List<AnswerField> ResponseFields { get; } = [];

    /// <summary>What is noted of the request; null for nothing.</summary>
    public MetadataValue? Metadata { get; init; }
}

/// <summary>What becomes of an answer's fields of a name (Envoy: <c>HeaderAppendAction</c>).</summary>
internal enum FieldAction : byte
{
    /// <summary>They get another one.</summary>
    Add,

    /// <summary>There is one where there was none.</summary>
    AddIfAbsent,

    /// <summary>There is this one in their place.</summary>
    Set,

    /// <summary>There is this one in their place, where there were any.</summary>
    Overwrite,
}

/// <summary>A field that an answer gets.</summary>
/// <param name="Name">Its name, in lower case.</param>
/// <param name="Value">Its value.</param>
/// <param name="Action">What becomes of those that the answer has.</param>
internal readonly record struct AnswerField(byte[] Name, byte[] Value, FieldAction Action)
{
    /// <summary>Writes it.</summary>
    public void WriteTo(HeaderMap headers)
    {
        bool isThere = headers.TryGet(Name, out _);
        if (Action == FieldAction.Add || (Action == FieldAction.AddIfAbsent && !isThere))
        {
            headers.Add(Name, Value);
        }
        else if (Action == FieldAction.Set || (Action == FieldAction.Overwrite && isThere))
        {
            headers.Set(Name, Value);
        }
    }
}
