namespace Tidegate.Proxy.Runtime;

/// <summary>An answer that the gateway gives itself (Envoy: <c>DirectResponseAction</c>; istio-gateway.md 4.8).</summary>
/// <param name="Status">The status, 200 to 599.</param>
/// <param name="Body">The body; may be empty.</param>
public sealed record DirectResponse(int Status, ReadOnlyMemory<byte> Body)
{
    /// <summary>Whether the answer has to name a location: 201 and redirections, but for 304, which is about none (RFC 9110, section 10.2.2).</summary>
    public bool HasLocation => Status is 201 or (>= 300 and < 400 and not 304);
}
