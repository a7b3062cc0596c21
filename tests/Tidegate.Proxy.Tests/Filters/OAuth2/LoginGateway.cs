using System.Text;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Filters.OAuth2;

/// <summary>A gateway whose clients log in; behind it a service that is the token endpoint as well.</summary>
internal static class LoginGateway
{
    public const string TypePrefix = "type.googleapis.com/envoy.extensions.filters.http.oauth2.v3";

    /// <summary>The configuration of logins, as JSON fields, each with a comma in front.</summary>
    public const string Settings = """
        "tokenEndpoint": {"cluster": "service", "uri": "http://provider.test/token", "timeout": "20s"},
        "authorizationEndpoint": "https://provider.test/authorize?audience=shop",
        "redirectUri": "http://%REQ(:authority)%/callback",
        "redirectPathMatcher": {"path": {"exact": "/callback"}},
        "signoutPath": {"path": {"exact": "/signout"}}
        """;

    /// <summary>Who the gateway is, as JSON fields.</summary>
    public const string Credentials = """
        "clientId": "shop", "tokenSecret": {"name": "token", "sdsConfig": {"ads": {}}}, "hmacSecret": {"name": "hmac", "sdsConfig": {"ads": {}}}
        """;

    /// <summary>The filter.</summary>
    /// <param name="more">More of its configuration, each field with a comma in front.</param>
    /// <param name="credentials">More of the credentials, likewise.</param>
    public static string Filter(string more = "", string credentials = "") => $$"""
        {"name": "envoy.filters.http.oauth2", "typedConfig": {"@type": "{{TypePrefix}}.OAuth2", "config": { {{Config(more, credentials)}} } } }
        """;

    /// <summary>The configuration, as JSON fields.</summary>
    public static string Config(string more = "", string credentials = "") => $$"""
        {{Settings}} {{more}}, "credentials": { {{Credentials}} {{credentials}} }
        """;

    /// <summary>Starts one with its secrets.</summary>
    public static async Task<FilterGateway> StartAsync(string more = "", string credentials = "", ProxyOptions? proxy = null)
    {
        FilterGateway gateway = await FilterGateway.StartAsync(Filter(more, credentials), proxy: proxy);
        await SetSecretAsync(gateway, "token", "client-secret");
        await SetSecretAsync(gateway, "hmac", "first");
        Answer(gateway, """{"access_token": "access", "expires_in": 3600}""");
        return gateway;
    }

    /// <summary>Gives the gateway another version of a secret.</summary>
    public static async Task SetSecretAsync(FilterGateway gateway, string name, string value) => Assert.Empty(await gateway.Proxy.ApplyAsync(XdsJson.Delta(
        value, XdsJson.Parse<Secret>($$"""{"name": "{{name}}", "genericSecret": {"secret": {"inlineString": "{{value}}"} } }"""))));

    /// <summary>Has the token endpoint answer this.</summary>
    public static void Answer(FilterGateway gateway, string json, int status = 200) => gateway.Answer = head => IsToken(head)
        ? Encoding.UTF8.GetBytes($"HTTP/1.1 {status} x\r\ncontent-length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}")
        : "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"u8.ToArray();

    /// <summary>Whether a request is one to the token endpoint.</summary>
    public static bool IsToken(string head) => head.StartsWith("POST /token ", StringComparison.Ordinal);

    /// <summary>The requests that the token endpoint has got.</summary>
    public static IReadOnlyList<string> TokenRequests(FilterGateway gateway) => [.. gateway.Seen.Where(IsToken)];

    /// <summary>The last request that the service has got.</summary>
    public static string LastRequest(FilterGateway gateway) => gateway.Seen.Last(static head => !IsToken(head));

    /// <summary>The value of a field of a request; null when it is not there.</summary>
    public static string? Field(string request, string name) =>
        request.Split("\r\n").FirstOrDefault(line => line.StartsWith($"{name}: ", StringComparison.Ordinal))?[(name.Length + 2)..];
}
