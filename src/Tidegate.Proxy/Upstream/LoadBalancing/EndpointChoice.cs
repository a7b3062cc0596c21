using Tidegate.Proxy.Clusters;

namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>Chooses one of several endpoints that could all be taken.</summary>
internal abstract class EndpointChoice
{
    /// <summary>One of a group of two at least.</summary>
    public abstract RuntimeEndpoint Choose(EndpointGroup group);
}
