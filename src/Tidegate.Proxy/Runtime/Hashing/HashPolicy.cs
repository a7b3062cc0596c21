namespace Tidegate.Proxy.Runtime.Hashing;

/// <summary>One thing that a request is hashed by.</summary>
public abstract class HashPolicy
{
    /// <summary>Whether the policies after it are left out once there is a hash (Envoy: <c>terminal</c>).</summary>
    public bool IsTerminal { get; init; }

    /// <summary>The hash; null when the request has not what it goes by.</summary>
    /// <param name="source">The request.</param>
    /// <param name="setCookies">Where cookies that are made go.</param>
    public abstract ulong? Compute(in HashSource source, ref List<byte[]>? setCookies);
}
