using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Translation;

namespace Tidegate.Pilot.Tests.Snapshots;

/// <summary>Where a provider has its endpoints, asked of itself (OpenID Connect Discovery 1.0, section 4), and what is not taken from it.</summary>
public sealed class IssuerClientTests
{
    private const string Path = "/.well-known/openid-configuration";

    [Fact]
    public async Task A_provider_says_where_its_endpoints_are()
    {
        await using var issuer = new IssuerServer();
        issuer.Answers[Path] = (200, "", Document(issuer.Address, end: $"{issuer.Address}/out"));

        (OpenIdProvider? provider, string problem) = await FetchAsync(issuer);

        Assert.Empty(problem);
        Assert.Equal(new OpenIdProvider($"{issuer.Address}/authorize", $"{issuer.Address}/token", $"{issuer.Address}/out", $"{issuer.Address}/keys"), provider);
    }

    [Fact]
    public async Task An_issuer_with_a_path_is_asked_below_it_and_a_slash_at_its_end_makes_no_difference()
    {
        await using var issuer = new IssuerServer();
        issuer.Answers["/realm" + Path] = (200, "", Document(issuer.Address + "/realm"));

        using var client = new IssuerClient(maxBytes: 4096);
        (OpenIdProvider? provider, _) = await client.FetchProviderAsync(new OpenIdProviderSource(issuer.Address + "/realm/", Soon), TestContext.Current.CancellationToken);

        Assert.Equal($"{issuer.Address}/realm/token", provider?.TokenEndpoint);
        Assert.Null(provider?.EndSessionEndpoint);
    }

    [Theory]
    [InlineData("""{"issuer":"https://other.test","authorization_endpoint":"SELF/a","token_endpoint":"SELF/t"}""", "of another issuer")]
    [InlineData("""{"authorization_endpoint":"SELF/a","token_endpoint":"SELF/t"}""", "of another issuer")]
    [InlineData("""{"issuer":"SELF","token_endpoint":"SELF/t"}""", "has no authorization_endpoint")]
    [InlineData("""{"issuer":"SELF","authorization_endpoint":"SELF/a"}""", "has no token_endpoint")]
    [InlineData("""{"issuer":"SELF","authorization_endpoint":"javascript:alert(1)","token_endpoint":"SELF/t"}""", "authorization_endpoint is no address")]
    [InlineData("""{"issuer":"SELF","authorization_endpoint":"/a","token_endpoint":"SELF/t"}""", "authorization_endpoint is no address")]
    [InlineData("""{"issuer":"SELF","authorization_endpoint":"SELF/a#x","token_endpoint":"SELF/t"}""", "authorization_endpoint is no address")]
    [InlineData("""{"issuer":"SELF","authorization_endpoint":"SELF/a","token_endpoint":"http://user:word@idp.test/t"}""", "token_endpoint is no address")]
    [InlineData("""{"issuer":"SELF","authorization_endpoint":"SELF/a","token_endpoint":"SELF/t","end_session_endpoint":"ftp://idp.test"}""", "end_session_endpoint is no address")]
    [InlineData("""{"issuer":"SELF","authorization_endpoint":["SELF/a"],"token_endpoint":"SELF/t"}""", "has no authorization_endpoint")]
    [InlineData("[]", "of another issuer")]
    [InlineData("<html>", "invalid start of a value")]
    [InlineData("", "not contain any JSON")]
    public async Task What_cannot_be_used_is_not_taken(string document, string expected)
    {
        await using var issuer = new IssuerServer();
        issuer.Answers[Path] = (200, "", document.Replace("SELF", issuer.Address, StringComparison.Ordinal));

        (OpenIdProvider? provider, string problem) = await FetchAsync(issuer);

        Assert.Null(provider);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_provider_asked_over_TLS_names_no_endpoint_without()
    {
        var metadata = new IssuerMetadata("https://idp.test", "https://idp.test/a", "http://idp.test/t", "", "");

        Assert.Null(metadata.ToProvider("https://idp.test", out string problem));
        Assert.Contains("token_endpoint", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_to_another_host_is_not_followed()
    {
        await using var issuer = new IssuerServer();
        issuer.Answers[Path] = (302, "location: http://127.0.0.2/", "");

        (OpenIdProvider? provider, string problem) = await FetchAsync(issuer);

        Assert.Null(provider);
        Assert.Contains("redirect to http://127.0.0.2 is not followed", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_on_the_same_host_is_followed()
    {
        await using var issuer = new IssuerServer();
        issuer.Answers[Path] = (302, "location: /moved", "");
        issuer.Answers["/moved"] = (200, "", Document(issuer.Address));

        (OpenIdProvider? provider, _) = await FetchAsync(issuer);

        Assert.NotNull(provider);
        Assert.Equal([Path, "/moved"], issuer.Asked);
    }

    [Theory]
    [InlineData("http://169.254.169.254/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[fe80::1]/")]
    public async Task A_link_local_address_is_not_asked(string issuer)
    {
        using var client = new IssuerClient(maxBytes: 4096);

        (OpenIdProvider? provider, string problem) = await client.FetchProviderAsync(new OpenIdProviderSource(issuer, Soon), TestContext.Current.CancellationToken);

        Assert.Null(provider);
        Assert.Contains("link-local", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_is_too_long_is_not_taken()
    {
        await using var issuer = new IssuerServer();
        issuer.Answers[Path] = (200, "", Document(issuer.Address) + new string(' ', 5000));

        (OpenIdProvider? provider, string problem) = await FetchAsync(issuer);

        Assert.Null(provider);
        Assert.Contains("more than 4096 bytes", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_is_waited_for_no_longer_than_it_is_said()
    {
        await using var issuer = new IssuerServer();

        using var client = new IssuerClient(maxBytes: 4096);
        (OpenIdProvider? provider, string problem) =
            await client.FetchProviderAsync(new OpenIdProviderSource(issuer.Address, TimeSpan.FromMilliseconds(50)), TestContext.Current.CancellationToken);

        Assert.Null(provider);
        Assert.Contains("no answer within", problem, StringComparison.Ordinal);
    }

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static async Task<(OpenIdProvider?, string)> FetchAsync(IssuerServer issuer)
    {
        using var client = new IssuerClient(maxBytes: 4096);
        return await client.FetchProviderAsync(new OpenIdProviderSource(issuer.Address, Soon), TestContext.Current.CancellationToken);
    }

    private static string Document(string issuer, string end = "") =>
        $$"""{"issuer":"{{issuer}}","authorization_endpoint":"{{issuer}}/authorize","token_endpoint":"{{issuer}}/token","jwks_uri":"{{issuer}}/keys"{{(end.Length > 0 ? $",\"end_session_endpoint\":\"{end}\"" : "")}}}""";
}
