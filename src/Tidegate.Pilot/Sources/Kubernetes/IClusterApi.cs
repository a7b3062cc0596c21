namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>Asks an API server.</summary>
public interface IClusterApi : IDisposable
{
    /// <summary>The answer to a GET, whatever its status, with its body unread.</summary>
    /// <param name="path">Path and query, as <c>/apis/networking.istio.io/v1/gateways?limit=500</c>.</param>
    /// <param name="cancellation">Ends the waiting for the answer's head.</param>
    /// <exception cref="HttpRequestException">There is no answer.</exception>
    Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellation);
}
