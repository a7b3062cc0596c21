using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Clusters.HealthChecks;

/// <summary>What an endpoint is asked.</summary>
public abstract record ProbePolicy;

/// <summary>An HTTP request (Envoy: <c>HttpHealthCheck</c>).</summary>
public sealed record HttpProbePolicy : ProbePolicy
{
    /// <summary>The path, with its query.</summary>
    public required string Path { get; init; }

    /// <summary>The host; empty for the endpoint's own name, else the cluster's.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary>The method.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>Whether it is HTTP/2, with prior knowledge.</summary>
    public bool IsHttp2 { get; init; }

    /// <summary>Fields to add.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> HeadersToAdd { get; init; } = [];

    /// <summary>Fields not to send.</summary>
    public IReadOnlyList<string> HeadersToRemove { get; init; } = [];

    /// <summary>Statuses of an endpoint that is well.</summary>
    public IReadOnlyList<StatusRange> ExpectedStatuses { get; init; } = [new(200, 201)];

    /// <summary>Statuses that count as a failure, but not at once as illness.</summary>
    public IReadOnlyList<StatusRange> RetriableStatuses { get; init; } = [];

    /// <summary>What the body has to contain, in this order.</summary>
    public IReadOnlyList<byte[]> Receive { get; init; } = [];

    /// <summary>How much of the body is looked at; 0 is no limit.</summary>
    public int ResponseBufferBytes { get; init; } = 1024;

    /// <summary>What <c>x-envoy-upstream-healthchecked-cluster</c> has to say; null asks for nothing.</summary>
    public ValueMatcher? ServiceName { get; init; }
}

/// <summary>A connection, and bytes (Envoy: <c>TcpHealthCheck</c>).</summary>
public sealed record TcpProbePolicy : ProbePolicy
{
    /// <summary>What is sent; empty for nothing.</summary>
    public byte[] Send { get; init; } = [];

    /// <summary>What has to come, in this order; empty when a connection is enough.</summary>
    public IReadOnlyList<byte[]> Receive { get; init; } = [];
}

/// <summary>A call of gRPC's health service (Envoy: <c>GrpcHealthCheck</c>).</summary>
public sealed record GrpcProbePolicy : ProbePolicy
{
    /// <summary>The service that is asked for; empty for the server as a whole.</summary>
    public string Service { get; init; } = string.Empty;

    /// <summary>The authority; empty for the endpoint's own name, else the cluster's.</summary>
    public string Authority { get; init; } = string.Empty;

    /// <summary>Fields to add.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];
}

/// <summary>Statuses from <paramref name="Start"/> up to, not with, <paramref name="End"/>.</summary>
public readonly record struct StatusRange(long Start, long End)
{
    /// <summary>Whether a status is one of them.</summary>
    public bool Contains(int status) => status >= Start && status < End;
}
