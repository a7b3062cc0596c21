using Google.Protobuf;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// What is known of one resource for the config dump (Envoy: <c>StaticListener</c>, <c>DynamicListener</c>, <c>DynamicCluster</c>, ...): the version in
/// force, and what was refused since. Immutable.
/// </summary>
/// <param name="Name">The resource's name.</param>
public sealed record AppliedResource(string Name)
{
    /// <summary>Whether it comes from the bootstrap.</summary>
    public bool IsStatic { get; init; }

    /// <summary>The version in force; null when there is none, because every one so far was refused or still waits.</summary>
    public AppliedVersion? Active { get; init; }

    /// <summary>The version that is accepted and waits for what it refers to: a listener for its routes.</summary>
    public AppliedVersion? Warming { get; init; }

    /// <summary>The last version that was refused, whole or in units; null once a later one was accepted whole.</summary>
    public AppliedError? Error { get; init; }
}

/// <summary>One version of a resource.</summary>
/// <param name="Version">Its <c>version_info</c>; empty for the bootstrap's.</param>
/// <param name="Message">The resource.</param>
/// <param name="LastUpdated">When it was applied.</param>
public sealed record AppliedVersion(string Version, IMessage Message, DateTimeOffset LastUpdated);

/// <summary>A version that was refused (Envoy: <c>UpdateFailureState</c>).</summary>
/// <param name="Version">Its <c>version_info</c>.</param>
/// <param name="Message">The resource that was refused.</param>
/// <param name="Details">Why, for a person to read.</param>
/// <param name="LastAttempt">When.</param>
public sealed record AppliedError(string Version, IMessage Message, string Details, DateTimeOffset LastAttempt);
