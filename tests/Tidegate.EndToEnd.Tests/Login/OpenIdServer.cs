using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Login;

/// <summary>
/// An OpenID provider (Kestrel) with one client and one user: discovery, a page to log in, codes with PKCE (S256) that count once, tokens signed with RS256, refresh tokens that count once and
/// whose second use ends the session, logout. It is the application behind the gateway as well: <c>/whoami</c> says what it was told, <c>/page</c> is a page with a script.
/// </summary>
public sealed class OpenIdServer : IAsyncDisposable
{
    /// <summary>Who the gateway is.</summary>
    public const string ClientId = "shop";

    /// <summary>The gateway's secret.</summary>
    public const string ClientSecret = "client secret/+%";

    /// <summary>The service that it is in the mesh.</summary>
    public const string Service = "server.test";

    private const string LoginPage = """
        <!doctype html><title>log in</title>
        <form method="post"><input name="user" value="anna"><input name="password" type="password" value="tide"></form>
        <script>document.forms[0].submit()</script>
        """;

    private const string ApplicationPage = """
        <!doctype html><title>shop</title><script>
        (async () => {
          const said = await (await fetch('/whoami', { credentials: 'include' })).json();
          await fetch('/result/' + encodeURIComponent([said.sub, document.cookie.length, location.pathname].join('.')));
        })();
        </script>
        """;

    private readonly WebApplication _application;
    private readonly RSA _key = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, (string RedirectUri, string Challenge, string Nonce)> _codes = [];
    private readonly ConcurrentDictionary<string, bool> _refreshTokens = [];
    private readonly ConcurrentDictionary<string, bool> _sessions = [];

    private OpenIdServer(WebApplication application, string host)
    {
        _application = application;
        Host = host;
    }

    /// <summary>Its host.</summary>
    public string Host { get; }

    /// <summary>Where it listens without TLS.</summary>
    public IPEndPoint Plain { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>Where it listens with TLS.</summary>
    public IPEndPoint Secure { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>Who it is.</summary>
    public string Issuer => $"https://{Host}:{Secure.Port}";

    /// <summary>Who it is to those that ask without TLS.</summary>
    public string PlainIssuer => $"http://{Plain}";

    /// <summary>Whether it fails to give tokens.</summary>
    public bool IsBroken { get; set; }

    /// <summary>What access tokens are filled up with.</summary>
    public string Padding { get; set; } = string.Empty;

    /// <summary>What was asked for: <c>authorization_code</c>, <c>refresh_token</c>, and what was refused with its reason.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Starts it on an address of its own.</summary>
    public static async Task<OpenIdServer> StartAsync(string host, TestCertificate certificate)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        IPAddress address = Loopback.Next();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            options.AllowAlternateSchemes = true; // the scheme that a gateway passes on is the client's
            options.Listen(address, 0);
            options.Listen(address, 0, listen => listen.UseHttps(certificate.Certificate));
        });
        WebApplication application = builder.Build();
        var server = new OpenIdServer(application, host);
        application.MapGet("/.well-known/openid-configuration", server.DiscoverAsync);
        application.MapGet("/authorize", server.AuthorizeAsync);
        application.MapPost("/authorize", server.LogInAsync);
        application.MapPost("/token", server.ExchangeAsync);
        application.MapGet("/logout", server.LogOutAsync);
        application.MapGet("/whoami", WhoAmIAsync);
        application.MapGet("/page", static context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync(ApplicationPage);
        });
        await application.StartAsync(TestContext.Current.CancellationToken);
        string[] addresses = [.. application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses];
        server.Plain = EndPointOf(addresses, "http:");
        server.Secure = EndPointOf(addresses, "https:");
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _key.Dispose();
    }

    private static IPEndPoint EndPointOf(IEnumerable<string> addresses, string scheme) =>
        IPEndPoint.Parse(new Uri(addresses.Single(address => address.StartsWith(scheme, StringComparison.Ordinal))).Authority);

    // Who asks without TLS is in the mesh.
    private Task DiscoverAsync(HttpContext context) => context.Response.WriteAsJsonAsync(new Dictionary<string, string>
    {
        ["issuer"] = context.Request.IsHttps ? Issuer : PlainIssuer,
        ["authorization_endpoint"] = $"{Issuer}/authorize",
        ["token_endpoint"] = context.Request.IsHttps ? $"{Issuer}/token" : $"http://{Service}/token",
        ["end_session_endpoint"] = $"{Issuer}/logout",
        ["jwks_uri"] = $"{Issuer}/keys",
    });

    // Who has logged in here before is not asked again.
    private Task AuthorizeAsync(HttpContext context)
    {
        if (context.Request.Cookies["idp"] is { } session && _sessions.ContainsKey(session))
        {
            return SendBackAsync(context);
        }

        context.Response.ContentType = "text/html";
        return context.Response.WriteAsync(LoginPage);
    }

    private async Task LogInAsync(HttpContext context)
    {
        IFormCollection form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (form["user"] != "anna" || form["password"] != "tide")
        {
            context.Response.StatusCode = 403;
            return;
        }

        string session = Random();
        _sessions[session] = true;
        context.Response.Cookies.Append("idp", session, new CookieOptions { Secure = true, HttpOnly = true, Path = "/" });
        await SendBackAsync(context);
    }

    private Task SendBackAsync(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        if (query["client_id"] != ClientId || query["response_type"] != "code" || query["code_challenge_method"] != "S256" || query["nonce"].Count != 1 || !query["scope"].ToString().Contains("openid", StringComparison.Ordinal))
        {
            context.Response.StatusCode = 400;
            return Task.CompletedTask;
        }

        string code = Random();
        _codes[code] = (query["redirect_uri"]!, query["code_challenge"]!, query["nonce"]!);
        context.Response.Redirect($"{query["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(query["state"]!)}");
        return Task.CompletedTask;
    }

    private async Task ExchangeAsync(HttpContext context)
    {
        if (IsBroken)
        {
            context.Response.StatusCode = 500;
            return;
        }

        IFormCollection form = await context.Request.ReadFormAsync(context.RequestAborted);
        string basic = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ClientId}:{ClientSecret}"))}";
        bool isClient = context.Request.Headers.Authorization == basic || (form["client_id"] == ClientId && form["client_secret"] == ClientSecret);
        string nonce = string.Empty;
        string? refusal = !isClient ? "invalid_client" : form["grant_type"].ToString() switch
        {
            "authorization_code" => TakeCode(form, out nonce) ? null : "invalid_grant",
            "refresh_token" => TakeRefreshToken(form["refresh_token"]!) ? null : "invalid_grant",
            _ => "unsupported_grant_type",
        };
        Asked.Enqueue(refusal is null ? form["grant_type"]! : $"{form["grant_type"]}: {refusal}");
        if (refusal is not null)
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsJsonAsync(new Dictionary<string, string> { ["error"] = refusal }, context.RequestAborted);
            return;
        }

        string refresh = Random();
        _refreshTokens[refresh] = true;
        await context.Response.WriteAsJsonAsync(
            new Dictionary<string, object>
            {
                ["access_token"] = Token(new() { ["sub"] = "anna", ["padding"] = Padding, ["jti"] = Random() }),
                ["id_token"] = Token(nonce.Length > 0 ? new() { ["sub"] = "anna", ["nonce"] = nonce } : new() { ["sub"] = "anna" }),
                ["refresh_token"] = refresh,
                ["expires_in"] = 3600,
                ["token_type"] = "Bearer",
            },
            context.RequestAborted);
    }

    private bool TakeCode(IFormCollection form, out string nonce)
    {
        nonce = string.Empty;
        if (!_codes.TryRemove(form["code"]!, out (string RedirectUri, string Challenge, string Nonce) kept))
        {
            return false;
        }

        nonce = kept.Nonce;
        return form["redirect_uri"] == kept.RedirectUri
            && Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"]!))) == kept.Challenge;
    }

    // One that comes twice was stolen: nobody's counts any more (RFC 9700, section 4.14.2).
    private bool TakeRefreshToken(string token)
    {
        if (_refreshTokens.TryUpdate(token, false, true))
        {
            return true;
        }

        _refreshTokens.Clear();
        return false;
    }

    private Task LogOutAsync(HttpContext context)
    {
        if (context.Request.Cookies["idp"] is { } session)
        {
            _sessions.TryRemove(session, out _);
        }

        bool isOurs = context.Request.Query["client_id"] == ClientId && Verifies(context.Request.Query["id_token_hint"]!);
        context.Response.StatusCode = isOurs ? 200 : 400;
        if (isOurs)
        {
            context.Response.Redirect(context.Request.Query["post_logout_redirect_uri"]!);
        }

        return Task.CompletedTask;
    }

    private static Task WhoAmIAsync(HttpContext context)
    {
        string token = context.Request.Cookies["IdToken"] is { } id ? id : string.Empty;
        string sub = token.Split('.') is [_, var payload, _] ? JsonDocument.Parse(Base64Url.DecodeFromChars(payload)).RootElement.GetProperty("sub").GetString()! : "nobody";
        return context.Response.WriteAsJsonAsync(new Dictionary<string, string>
        {
            ["sub"] = sub,
            ["cookies"] = string.Join(' ', context.Request.Cookies.Keys.Order(StringComparer.Ordinal)),
            ["authorization"] = context.Request.Headers.Authorization.ToString(),
            ["access"] = context.Request.Cookies["BearerToken"] ?? string.Empty,
        });
    }

    private string Token(Dictionary<string, object> claims)
    {
        claims["iss"] = Issuer;
        claims["aud"] = ClientId;
        claims["exp"] = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
        string signed = $"{Part("""{"alg":"RS256","typ":"JWT"}""")}.{Part(JsonSerializer.Serialize(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private bool Verifies(string token) => token.LastIndexOf('.') is > 0 and var dot
        && _key.VerifyData(Encoding.ASCII.GetBytes(token[..dot]), Base64Url.DecodeFromChars(token.AsSpan(dot + 1)), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
