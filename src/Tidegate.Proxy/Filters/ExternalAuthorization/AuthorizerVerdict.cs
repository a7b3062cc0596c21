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
    public List<(byte[] Name, byte[] Value)> ResponseFields { get; } = [];

    /// <summary>What is noted of the request; null for nothing.</summary>
    public MetadataValue? Metadata { get; init; }
}
