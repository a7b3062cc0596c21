using System.Net;
using System.Net.Sockets;
using Tidegate.Failures;

namespace Tidegate.ProxyConfig;

/// <summary>Reads the admin pages of the running gateway.</summary>
public sealed class AdminClient : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15); // istioctl's --kubeclient-timeout
    private readonly HttpClient _http;

    /// <summary>A client for the gateway whose admin pages are there.</summary>
    public AdminClient(string address, int port)
    {
        Base = new UriBuilder(Uri.UriSchemeHttp, address, port).Uri;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = Base, Timeout = Timeout };
    }

    /// <summary>Where the pages are.</summary>
    public Uri Base { get; }

    /// <summary>Gets a page.</summary>
    /// <exception cref="CommandException">It cannot be had.</exception>
    public Task<string> GetAsync(string path, CancellationToken cancellation) => SendAsync(HttpMethod.Get, path, cancellation);

    /// <summary>Posts to a page, without a body.</summary>
    /// <exception cref="CommandException">It cannot be had.</exception>
    public Task<string> PostAsync(string path, CancellationToken cancellation) => SendAsync(HttpMethod.Post, path, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<string> SendAsync(HttpMethod method, string path, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            using HttpResponseMessage response = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
            string body = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK
                ? body
                : throw new CommandException($"unexpected status code: {(int)response.StatusCode} from {method} {Base}{path}: {body.TrimEnd()}");
        }
        catch (HttpRequestException exception)
        {
            string reason = exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused } ? "connection refused" : exception.Message;
            throw new CommandException(
                $"cannot reach the gateway's admin port at {Base}: {reason}; start the gateway with \"tidegate run\", or name its port with --proxy-admin-port (and --admin-address), or read a saved dump with --file",
                exception);
        }
        catch (TaskCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandException($"the gateway's admin port at {Base} did not answer within {Timeout.TotalSeconds:0} s", exception);
        }
    }
}
