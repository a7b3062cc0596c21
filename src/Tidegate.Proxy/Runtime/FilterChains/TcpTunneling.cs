using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Formatting;

namespace Tidegate.Proxy.Runtime.FilterChains;

/// <summary>How connections go to endpoints that are HTTP proxies: each as a request for a tunnel (Envoy: <c>tunneling_config</c>).</summary>
/// <param name="Host">The host and port that the tunnel leads to.</param>
/// <param name="UsesPost">Whether it is asked for with POST, its bytes the bodies of request and answer; else with CONNECT.</param>
/// <param name="PostPath">The path of that POST.</param>
/// <param name="Headers">What fields the request has.</param>
internal sealed record TcpTunneling(TextFormat Host, bool UsesPost, byte[] PostPath, HeaderMutations Headers);
