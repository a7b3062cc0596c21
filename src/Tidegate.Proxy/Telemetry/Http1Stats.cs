namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of the HTTP/1.1 codec towards clients, under <c>http1.</c>. Owned by one worker.</summary>
public sealed class Http1Stats
{
    /// <summary><c>dropped_headers_with_underscores</c>: Fields dropped because of an underscore in their name.</summary>
    public long DroppedHeadersWithUnderscores;

    /// <summary><c>requests_rejected_with_underscores_in_headers</c>: Requests refused because of an underscore in a field's name.</summary>
    public long RequestsRejectedWithUnderscoresInHeaders;
}
