namespace Tidegate.Proxy.Runtime;

/// <summary>An answer that the gateway gives itself (Envoy: <c>DirectResponseAction</c>; istio-gateway.md 4.8).</summary>
/// <param name="Status">The status, 200 to 599.</param>
/// <param name="Body">The body; may be empty.</param>
public sealed record DirectResponse(int Status, ReadOnlyMemory<byte> Body);
