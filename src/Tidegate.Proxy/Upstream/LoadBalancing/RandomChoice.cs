using Tidegate.Proxy.Clusters;

namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>Draws an endpoint, each as likely as any other, whatever the weights (Envoy: <c>RANDOM</c>).</summary>
internal sealed class RandomChoice(Random random) : EndpointChoice
{
    /// <inheritdoc/>
    public override RuntimeEndpoint Choose(EndpointGroup group) => group[random.Next(group.Count)];
}
