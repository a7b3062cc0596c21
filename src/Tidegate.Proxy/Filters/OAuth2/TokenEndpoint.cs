using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Tls.Secrets;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>How we say who we are (RFC 6749, section 2.3.1; RFC 8705).</summary>
internal enum OAuth2ClientAuthentication : byte
{
    /// <summary>Name and secret are in the body.</summary>
    Body,

    /// <summary>They are in <c>authorization</c>.</summary>
    Basic,

    /// <summary>The certificate that the cluster shows says it; there is no secret.</summary>
    Certificate,
}

/// <summary>Where codes and refresh tokens become tokens (RFC 6749, sections 4.1.3 and 6). Immutable.</summary>
internal sealed class TokenEndpoint
{
    /// <summary>The cluster.</summary>
    public required ClusterSlot Cluster { get; init; }

    /// <summary>Host and port as it is asked.</summary>
    public required byte[] Authority { get; init; }

    /// <summary>Path and query.</summary>
    public required byte[] Path { get; init; }

    /// <summary>How long all attempts together may take.</summary>
    public required long TimeoutMs { get; init; }

    /// <summary>Who we are.</summary>
    public required string ClientId { get; init; }

    /// <summary>How we say it.</summary>
    public OAuth2ClientAuthentication Authentication { get; init; }

    /// <summary>Our secret; null where a certificate says who we are.</summary>
    public SecretSlot? Secret { get; init; }

    /// <summary>How long an access token is good for where the answer does not say, in seconds.</summary>
    public long DefaultSeconds { get; init; }

    /// <summary>When to ask once more.</summary>
    public TokenRetry Retry { get; init; } = TokenRetry.None;

    /// <summary>Whether all is there that a question needs.</summary>
    public bool IsReady => Secret is null || Secret.Current is GenericSecretValue;

    /// <summary>Exchanges a code.</summary>
    /// <param name="services">Reaches the cluster.</param>
    /// <param name="worker">On whose loop.</param>
    /// <param name="code">The code, as it is written in the query that brought it.</param>
    /// <param name="redirectUri">Where the client was to be sent back to.</param>
    /// <param name="codeVerifier">The code verifier.</param>
    /// <param name="cancellation">Ends it.</param>
    public ValueTask<TokenAnswer> ExchangeAsync(FilterServices services, Worker worker, string code, string redirectUri, string codeVerifier, CancellationToken cancellation) =>
        AskAsync(services, worker, $"grant_type=authorization_code&code={code}", $"&redirect_uri={Encode(redirectUri)}&code_verifier={codeVerifier}", cancellation);

    /// <summary>Exchanges a refresh token.</summary>
    /// <param name="services">Reaches the cluster.</param>
    /// <param name="worker">On whose loop.</param>
    /// <param name="refreshToken">The refresh token.</param>
    /// <param name="cancellation">Ends it.</param>
    public ValueTask<TokenAnswer> RefreshAsync(FilterServices services, Worker worker, string refreshToken, CancellationToken cancellation) =>
        AskAsync(services, worker, $"grant_type=refresh_token&refresh_token={Encode(refreshToken)}", string.Empty, cancellation);

    private static string Encode(string text) => Uri.EscapeDataString(text);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<TokenAnswer> AskAsync(FilterServices services, Worker worker, string grant, string rest, CancellationToken cancellation)
    {
        string secret = Secret?.Current is GenericSecretValue value ? Encoding.UTF8.GetString(value.Value) : string.Empty;
        byte[] body = Encoding.UTF8.GetBytes(grant + Authentication switch
        {
            OAuth2ClientAuthentication.Body => $"&client_id={Encode(ClientId)}&client_secret={Encode(secret)}",
            OAuth2ClientAuthentication.Certificate => $"&client_id={Encode(ClientId)}",
            _ => string.Empty,
        } + rest);
        long endMs = (worker.Loop.NowUs / 1000) + TimeoutMs;
        for (int attempt = 0; ; attempt++)
        {
            // The cluster may be another by now.
            long leftMs = endMs - (worker.Loop.NowUs / 1000);
            ClusterAnswer? answer = services.ClientOf(Cluster) is { } client && leftMs > 0
                ? await client.SendAsync(Head(secret), body, leftMs, 2 * worker.Options.MaxLoginCookieBytes, cancellation)
                : null;
            long pauseMs = Retry.PauseMs(attempt, worker.Random);
            bool isLast = attempt >= Retry.Count || !Retry.IsFor(answer?.Head.Status) || (worker.Loop.NowUs / 1000) + pauseMs >= endMs;
            if (!isLast)
            {
                await PauseAsync(worker, pauseMs, cancellation);
            }

            if (isLast || cancellation.IsCancellationRequested)
            {
                return answer is null ? TokenAnswer.None
                    : answer.Head.Status != 200 ? TokenAnswer.Refused(answer.Head.Status)
                    : TokenAnswer.Parse(answer.Body, DefaultSeconds);
            }
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private static async ValueTask PauseAsync(Worker worker, long pauseMs, CancellationToken cancellation)
    {
        var wake = new LoopSignal(worker.Loop);
        var timer = new CallbackTimer(worker.Loop.Timers, wake.Set);
        timer.Start(pauseMs);
        using CancellationTokenRegistration registration = cancellation.Register(() => worker.Loop.Post(static signal => ((LoopSignal)signal!).Set(), wake));
        await wake.WaitAsync();
        timer.Stop();
    }

    private RequestHead Head(string secret)
    {
        var head = new RequestHead();
        head.SetMethod(KnownMethod.Post);
        head.SetPath(Path);
        head.SetAuthority(Authority);
        head.Headers.Add("content-type"u8, "application/x-www-form-urlencoded"u8);
        head.Headers.Add("accept"u8, "application/json"u8);
        if (Authentication == OAuth2ClientAuthentication.Basic)
        {
            string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ClientId}:{secret}"));
            head.Headers.Add("authorization"u8, Encoding.ASCII.GetBytes(new AuthenticationHeaderValue("Basic", credentials).ToString()));
        }

        return head;
    }
}

/// <summary>When a token endpoint is asked once more (Envoy: <c>retry_policy</c>). Immutable.</summary>
internal sealed record TokenRetry
{
    /// <summary>Never.</summary>
    public static readonly TokenRetry None = new();

    /// <summary>How often at most.</summary>
    public int Count { get; init; }

    /// <summary>Whether where there was no answer.</summary>
    public bool ForNoAnswer { get; init; }

    /// <summary>From which status on; 0 for none.</summary>
    public int FromStatus { get; init; }

    /// <summary>The first pause, in milliseconds.</summary>
    public long BaseMs { get; init; } = 25;

    /// <summary>The longest pause, in milliseconds.</summary>
    public long MaxMs { get; init; } = 250;

    /// <summary>Whether after an answer; null where there was none.</summary>
    public bool IsFor(int? status) => status is { } code ? FromStatus > 0 && code >= FromStatus : ForNoAnswer;

    /// <summary>How long to wait: a random time, on the average twice as long each time, as Envoy does.</summary>
    public long PauseMs(int attempt, Random random) => random.NextInt64(1, Math.Min(MaxMs, BaseMs * ((2L << Math.Min(attempt, 16)) - 1)) + 1);
}
