using Tidegate.Proxy.Fields;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>How an authorizer is asked, and what becomes of its answers. Immutable.</summary>
internal sealed record ExtAuthzSettings
{
    /// <summary>Who is asked.</summary>
    public required Authorizer Authorizer { get; init; }

    /// <summary>Which share of requests it is asked about; null for all.</summary>
    public RequestFraction? Share { get; init; }

    /// <summary>Which requests it is asked about, by what filters have noted; null for all.</summary>
    public MetadataMatcher? EnabledBy { get; init; }

    /// <summary>Whether requests that it is not asked about are refused.</summary>
    public bool DeniesWhenDisabled { get; init; }

    /// <summary>How much of a body it is told; null for nothing.</summary>
    public ToldBody? Body { get; init; }

    /// <summary>Whether requests go on that nobody could be asked about.</summary>
    public bool AllowsFailure { get; init; }

    /// <summary>Whether such requests say so.</summary>
    public bool TellsFailure { get; init; }

    /// <summary>What others get.</summary>
    public LocalReply ErrorReply { get; init; } = new(403, [], ResponseFlags.UnauthorizedExternalService, "ext_authz_error");

    /// <summary>Whether the route is chosen anew when the authorizer has changed the request.</summary>
    public bool ChoosesRouteAgain { get; init; }

    /// <summary>Which fields of the request it may change; null for all that a request can do with.</summary>
    public HeaderMutationRules? MutationRules { get; init; }

    /// <summary>Whether what it wants noted of the request is noted.</summary>
    public bool TakesMetadata { get; init; } = true;

    /// <summary>What the statistics' names have behind <c>ext_authz.</c></summary>
    public string StatPrefix { get; init; } = string.Empty;

    /// <summary>What the route says to the authorizer.</summary>
    public IReadOnlyDictionary<string, string> Context { get; init; } = NoContext;

    private static readonly Dictionary<string, string> NoContext = [];
}

/// <summary>How much of a body is told.</summary>
/// <param name="MaxBytes">How many bytes at most.</param>
/// <param name="AllowsPart">Whether the beginning of a longer body is told; otherwise such a request is refused.</param>
/// <param name="PacksBytes">Whether it is told as bytes rather than as text, to authorizers who are asked over gRPC.</param>
internal sealed record ToldBody(long MaxBytes, bool AllowsPart, bool PacksBytes);

/// <summary>What a route says to it.</summary>
/// <param name="Context">What it says to the authorizer.</param>
/// <param name="SkipsBody">Whether the body is not told.</param>
/// <param name="Body">How much of a body is told; null for what the listener says.</param>
internal sealed record ExtAuthzRouteSettings(IReadOnlyDictionary<string, string> Context, bool SkipsBody, ToldBody? Body);
