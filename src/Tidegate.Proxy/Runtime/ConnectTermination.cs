using Tidegate.Http;

namespace Tidegate.Proxy.Runtime;

/// <summary>CONNECT that ends here: what the client sends through its tunnel goes to the endpoint as it is (Envoy: <c>connect_config</c>).</summary>
/// <param name="ProxyHeaderVersion">The version of the PROXY header that connections begin with; 0 for none.</param>
/// <param name="TakesPost">Whether the bodies of POST are taken in the same way.</param>
public sealed record ConnectTermination(int ProxyHeaderVersion, bool TakesPost)
{
    /// <summary>Whether a request's body goes to the endpoint as it is.</summary>
    public bool Takes(RequestHead request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Method == KnownMethod.Connect || (TakesPost && request.Method == KnownMethod.Post);
    }
}
