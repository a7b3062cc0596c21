using System.Net;
using Tidegate.Net;

namespace Tidegate.Proxy.Listeners;

/// <summary>An address that a listener's sockets are bound to.</summary>
/// <param name="EndPoint">Address and port.</param>
/// <param name="Purpose">What it is for, in the words of a warning: <c>listener 0.0.0.0_8080</c>, <c>load balancer port 80</c>, ...</param>
/// <param name="IsOwn">Whether it is the listener's own, and not a further one of the gateway's Service.</param>
public sealed record ListenAddress(IPEndPoint EndPoint, string Purpose, bool IsOwn = false);

/// <summary>An address that could not be had.</summary>
/// <param name="Address">Which one.</param>
/// <param name="Error">Why.</param>
internal sealed record BindFailure(ListenAddress Address, IoError Error);
