using System.Net;
using System.Net.Http.Headers;
using k8s;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>The way to an API server: where it is, whom it is to trust, and who is asking, as a kubeconfig or a pod's service account says.</summary>
public sealed class ClusterConnection : IClusterApi
{
    private readonly k8s.Kubernetes _client;

    private ClusterConnection(KubernetesClientConfiguration configuration) => _client = new k8s.Kubernetes(configuration);

    /// <summary>The server's address, for messages.</summary>
    public string Address => _client.BaseUri.ToString().TrimEnd('/');

    /// <summary>A connection as the surroundings have it.</summary>
    /// <param name="kubeconfig">The kubeconfig's file; empty takes the pod's service account, or outside of a pod KUBECONFIG or ~/.kube/config.</param>
    /// <param name="context">The context of the kubeconfig; empty takes its current one.</param>
    /// <param name="problem">Why there is none.</param>
    public static ClusterConnection? TryOpen(string kubeconfig, string context, out string problem)
    {
        try
        {
            problem = string.Empty;
            return new ClusterConnection(
                kubeconfig.Length == 0 && context.Length == 0 && KubernetesClientConfiguration.IsInCluster() ? KubernetesClientConfiguration.InClusterConfig()
                : KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig.Length == 0 ? null : kubeconfig, context.Length == 0 ? null : context));
        }
        catch (Exception exception)
        {
            // Whatever the library finds wrong with a file that the user named.
            problem = exception.Message;
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_client.BaseUri, path.TrimStart('/')))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (_client.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancellation).ConfigureAwait(false);
        }

        return await _client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
