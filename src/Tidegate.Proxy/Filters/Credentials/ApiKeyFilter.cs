using System.Collections.Frozen;
using Tidegate.Http;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.Credentials;

/// <summary>A client that has a key.</summary>
/// <param name="Id">Its id.</param>
internal sealed record ApiClient(string Id)
{
    /// <summary>The id for fields.</summary>
    public byte[] Bytes { get; } = System.Text.Encoding.UTF8.GetBytes(Id);

    /// <summary>The id for metadata.</summary>
    public MetadataValue Noted { get; } = MetadataValue.Of(Id);
}

/// <summary>What is done with a request that was let in (Envoy: <c>Forwarding</c>).</summary>
/// <param name="ClientHeader">The field that says which client it is; empty for none.</param>
/// <param name="HidesKey">Whether the key is taken out.</param>
internal sealed record ApiKeyForwarding(byte[] ClientHeader, bool HidesKey);

/// <summary>What a route says to the filter: what it does not say is the filter's own.</summary>
internal sealed record ApiKeyRouteSettings(
    FrozenDictionary<ContentDigest, ApiClient>? Clients, ApiKeySource[]? Sources, ApiKeyForwarding? Forwarding, FrozenSet<string>? Allowed);

/// <summary>
/// Lets clients in that have a key (Envoy: <c>envoy.filters.http.api_key_auth</c>). Keys are known by their SHA-256 alone: none is kept, and how long a look-up takes
/// says nothing of any.
/// </summary>
internal sealed class ApiKeyFilter : HttpFilter
{
    /// <summary>Under which name the client is noted, as <c>client</c>.</summary>
    public const string MetadataName = "envoy.filters.http.api_key_auth";

    private static readonly LocalReply Missing = new(401, "Client authentication failed."u8.ToArray(), ResponseFlags.None, "missing_api_key");
    private static readonly LocalReply Unknown = Missing with { Details = "unknown_api_key" };
    private static readonly LocalReply Forbidden = new(403, "Client is forbidden."u8.ToArray(), ResponseFlags.None, "client_not_allowed");

    private StatScope<ApiKeyAuthStats>? _stats;

    /// <summary>The clients by the digest of their keys.</summary>
    public FrozenDictionary<ContentDigest, ApiClient> Clients { get; init; } = FrozenDictionary<ContentDigest, ApiClient>.Empty;

    /// <summary>Where keys are looked for; the first that has one counts.</summary>
    public ApiKeySource[] Sources { get; init; } = [];

    /// <summary>What goes on.</summary>
    public ApiKeyForwarding Forwarding { get; init; } = new([], false);

    /// <summary>The clients that the route lets in; null for all.</summary>
    public FrozenSet<string>? Allowed { get; init; }

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config) => config.Settings is not ApiKeyRouteSettings route ? base.ForRoute(config) : new ApiKeyFilter
    {
        Clients = route.Clients ?? Clients,
        Sources = route.Sources ?? Sources,
        Forwarding = route.Forwarding ?? Forwarding,
        Allowed = route.Allowed,
    };

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => new(OnRequest(run));

    private LocalReply? OnRequest(FilterRun run)
    {
        _stats ??= run.Worker.Stats.AddApiKeyAuth(run.StatScope);
        ApiKeyAuthStats stats = _stats.ForWorker(run.Worker.Index);
        RequestHead request = run.Exchange.Request;
        Span<byte> scratch = stackalloc byte[ApiKeySource.MaxDecodedBytes];
        scoped ReadOnlySpan<byte> key = default;
        foreach (ApiKeySource source in Sources)
        {
            key = source.Find(request, scratch);
            if (!key.IsEmpty)
            {
                break;
            }
        }

        if (key.IsEmpty || !Clients.TryGetValue(ContentDigest.Of(key), out ApiClient? client))
        {
            stats.Unauthorized++;
            return key.IsEmpty ? Missing : Unknown;
        }

        if (Allowed?.Contains(client.Id) == false)
        {
            stats.Forbidden++;
            return Forbidden;
        }

        stats.Allowed++;
        run.Exchange.DynamicMetadata.Set(MetadataName, "client", client.Noted);
        if (Forwarding.HidesKey)
        {
            foreach (ApiKeySource source in Sources)
            {
                source.Remove(request);
            }
        }

        if (Forwarding.ClientHeader.Length > 0)
        {
            request.Headers.Set(Forwarding.ClientHeader, client.Bytes);
        }

        return null;
    }
}
