using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Tidegate.Proxy.Tests.Filters.Credentials;

/// <summary>Names and passwords (RFC 7617; Envoy: <c>envoy.filters.http.basic_auth</c>) with real requests.</summary>
public sealed class BasicAuthTests
{
    private const string Api = "type.googleapis.com/envoy.extensions.filters.http.basic_auth.v3";

#pragma warning disable CA5350 // what htpasswd files have
    private static string Line(string user, string password) => $"{user}:{{SHA}}{Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes(password)))}";
#pragma warning restore CA5350

    private static string Filter => $$$$"""
        {"name": "users", "typedConfig": {"@type": "{{{{Api}}}}.BasicAuth", "users": {"inlineString": "{{{{Line("alice", "wonder:land")}}}}\n\n{{{{Line("jürgen", "größe")}}}}\r\n"}, "forwardUsernameHeader": "X-User"}}
        """;

    [Theory]
    [InlineData("alice:wonder:land", "alice")]
    [InlineData("jürgen:größe", "jürgen")]
    public async Task A_user_is_let_in_by_the_password(string credential, string user)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Filter);
        string encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(credential));

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", ("authorization", $"Basic {encoded}"), ("x-user", "forged"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", ("authorization", $"Basic {encoded.TrimEnd('=')}"))).StatusCode);

        Assert.All(gateway.Seen, seen => Assert.Contains($"\r\nx-user: {Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(user))}\r\n", seen, StringComparison.Ordinal));
        Assert.Equal(2, gateway.Stat("http.in.basic_auth.allowed"));
    }

    [Theory]
    [InlineData("", "User authentication failed. Missing username and password.")]
    [InlineData("Bearer x", "User authentication failed. Expected 'Basic' authentication scheme.")]
    [InlineData("Basic ####", "User authentication failed. Invalid basic credential format.")]
    [InlineData("Basic YWxpY2U=", "User authentication failed. Invalid basic credential format.")]
    [InlineData("Basic YWxpY2U6d3Jvbmc=", "User authentication failed. Invalid username/password combination.")]
    [InlineData("Basic bm9ib2R5OndvbmRlcjpsYW5k", "User authentication failed. Invalid username/password combination.")]
    public async Task Nobody_else_is_let_in(string value, string body)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Filter);

        HttpResponseMessage response = await (value.Length == 0 ? gateway.GetAsync("/") : gateway.GetAsync("/", ("authorization", value)));

        Assert.Equal((HttpStatusCode.Unauthorized, body), (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        Assert.Equal($"Basic realm=\"http://{gateway.Address}:8080/\"", response.Headers.WwwAuthenticate.Single().ToString());
        Assert.Empty(gateway.Seen);
    }

    [Fact]
    public async Task A_credential_that_is_too_long_is_none()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Filter);

        foreach (int length in (int[])[1015, 1019, 1020, 1021, 1024, 4000])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync("/", ("authorization", $"Basic {new string('A', length)}"))).StatusCode);
        }
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_closes_what_it_guards_and_is_not_shown()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            $$$$"""{"name": "users", "typedConfig": {"@type": "{{{{Api}}}}.BasicAuth", "users": {"inlineString": "alice:secret-word"}}}""", isRefusedInPart: true);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.GetAsync("/")).StatusCode);
    }
}
