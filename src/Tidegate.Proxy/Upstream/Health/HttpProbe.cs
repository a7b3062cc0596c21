using System.Net;
using System.Text;
using Tidegate.Proxy.Clusters.HealthChecks;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>Asks by an HTTP request (Envoy: HTTP health checking).</summary>
internal sealed class HttpProbe : HealthProbe
{
    private readonly HttpProbePolicy _policy;
    private readonly string _host;
    private readonly HttpMessageInvoker _client;

    public HttpProbe(HttpProbePolicy policy, string host, ProbeTarget target, bool reusesConnection)
    {
        _policy = policy;
        _host = policy.Host.Length > 0 ? policy.Host : host;
        _client = ProbeClient.Create(target.ConnectAsync, reusesConnection);
    }

    /// <inheritdoc/>
    public override async Task<ProbeResult> CheckAsync(CancellationToken cancellation)
    {
        try
        {
            using HttpRequestMessage request = ProbeClient.Request(_policy.Method, _policy.Path, _host, _policy.IsHttp2 ? HttpVersion.Version20 : HttpVersion.Version11);
            AddFields(request);
            using HttpResponseMessage response = await _client.SendAsync(request, cancellation);
            return await JudgeAsync(response, cancellation);
        }
        catch (Exception exception) when (ResultOf(exception) is { } result)
        {
            return result;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    private void AddFields(HttpRequestMessage request)
    {
        request.Headers.TryAddWithoutValidation("user-agent", "Envoy/HC");
        foreach ((string name, string value) in _policy.HeadersToAdd)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        foreach (string name in _policy.HeadersToRemove)
        {
            request.Headers.Remove(name);
        }
    }

    private async Task<ProbeResult> JudgeAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        byte[] body = await ReadBodyAsync(response, cancellation);
        int status = (int)response.StatusCode;
        if (!_policy.ExpectedStatuses.Any(range => range.Contains(status)))
        {
            return _policy.RetriableStatuses.Any(range => range.Contains(status)) ? ProbeResult.Failed : ProbeResult.Ill;
        }

        // What an Envoy with a health check filter says when it is to be left out at once.
        if (response.Headers.Contains("x-envoy-immediate-health-check-fail") || !TcpProbe.ContainsInOrder(body, _policy.Receive))
        {
            return ProbeResult.Ill;
        }

        return _policy.ServiceName is null || (response.Headers.TryGetValues("x-envoy-upstream-healthchecked-cluster", out IEnumerable<string>? names)
            && _policy.ServiceName.Matches(Encoding.UTF8.GetBytes(names.First())))
                ? ProbeResult.Well
                : ProbeResult.OtherService;
    }

    // All of it is read, so that the connection can be used again; so much as is looked at is kept.
    private async Task<byte[]> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var kept = new MemoryStream();
        byte[] buffer = new byte[1024];
        while (await stream.ReadAsync(buffer, cancellation) is > 0 and int count)
        {
            int room = _policy.ResponseBufferBytes == 0 ? count : (int)Math.Min(count, _policy.ResponseBufferBytes - kept.Length);
            kept.Write(buffer, 0, room);
        }

        return kept.ToArray();
    }
}
