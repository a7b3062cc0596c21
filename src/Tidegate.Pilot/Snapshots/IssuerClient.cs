using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tidegate.Hosting.Web;
using Tidegate.Pilot.Translation;
using Tidegate.Rules.Tokens;

namespace Tidegate.Pilot.Snapshots;

/// <summary>
/// Asks issuers for what they publish: their key sets, and where their endpoints are. Whoever writes a policy says whom the gateway asks, so that it asks with care: nothing at link-local addresses, where clouds
/// have their credentials; no redirects to other hosts; answers of limited length, in limited time.
/// </summary>
internal sealed class IssuerClient : IDisposable
{
    private const int MaxRedirects = 3;

    private readonly HttpClient _client;
    private readonly int _maxBytes;

    /// <param name="maxBytes">How long an answer may be.</param>
    public IssuerClient(int maxBytes)
    {
        _maxBytes = maxBytes;
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            MaxResponseContentBufferSize = maxBytes,
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Fetches a key set; null, and what is wrong, when there is none.</summary>
    public Task<(string? Document, string Problem)> FetchKeySetAsync(KeySetSource source, CancellationToken stopping) => TryAsync(source.Timeout, async limit =>
    {
        string address = source.IsDiscovered ? (await DiscoverAsync(source.Uri, limit).ConfigureAwait(false)).KeySetUri : source.Uri;
        byte[] set = await GetAsync(address, limit).ConfigureAwait(false);
        return JsonWebKeySet.TryParse(set, out string problem) is null ? throw new HttpRequestException($"what is there {problem}") : Encoding.UTF8.GetString(set);
    }, stopping);

    /// <summary>Asks a provider where its endpoints are (OpenID Connect Discovery 1.0, section 4); null, and what is wrong, when it does not say.</summary>
    public Task<(OpenIdProvider? Document, string Problem)> FetchProviderAsync(OpenIdProviderSource source, CancellationToken stopping) => TryAsync(source.Timeout, async limit =>
    {
        IssuerMetadata metadata = await DiscoverAsync(source.Issuer, limit).ConfigureAwait(false);
        return metadata.ToProvider(source.Issuer, out string problem) ?? throw new HttpRequestException(problem);
    }, stopping);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static async Task<(T? Document, string Problem)> TryAsync<T>(TimeSpan timeout, Func<CancellationToken, Task<T>> fetch, CancellationToken stopping)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(timeout);
        try
        {
            return (await fetch(limit.Token).ConfigureAwait(false), string.Empty);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return (null, $"no answer within {timeout.TotalSeconds} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or JsonException)
        {
            return (null, exception.Message);
        }
    }

    private async Task<IssuerMetadata> DiscoverAsync(string issuer, CancellationToken cancellation) =>
        IssuerMetadata.Parse(await GetAsync($"{issuer.TrimEnd('/')}/.well-known/openid-configuration", cancellation).ConfigureAwait(false));

    private async Task<byte[]> GetAsync(string address, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
        {
            throw new HttpRequestException("there is no address to ask");
        }

        for (int redirects = 0; ; redirects++)
        {
            await CheckAddressAsync(uri, cancellation).ConfigureAwait(false);
            using HttpResponseMessage response = await _client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            int status = (int)response.StatusCode;
            if (status is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location && redirects < MaxRedirects)
            {
                var target = new Uri(uri, location);
                if (target.Host != uri.Host || (target.Scheme != uri.Scheme && target.Scheme != Uri.UriSchemeHttps))
                {
                    throw new HttpRequestException($"a redirect to {target.Scheme}://{target.Host} is not followed");
                }

                uri = target;
                continue;
            }

            if (!response.IsSuccessStatusCode)
            {
                throw new HttpRequestException($"the answer is {status}");
            }

            return (await LimitedBody.ReadAsync(response, _maxBytes, cancellation).ConfigureAwait(false)).ToArray();
        }
    }

    private static async Task CheckAddressAsync(Uri uri, CancellationToken cancellation)
    {
        IPAddress[] addresses = IPAddress.TryParse(uri.DnsSafeHost, out IPAddress? literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(uri.DnsSafeHost, cancellation).ConfigureAwait(false);
        if (Array.Exists(addresses, IsLinkLocal))
        {
            throw new HttpRequestException("a link-local address is not asked");
        }
    }

    private static bool IsLinkLocal(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.IsIPv6LinkLocal || (plain.AddressFamily == AddressFamily.InterNetwork && plain.GetAddressBytes() is [169, 254, ..]);
    }
}
