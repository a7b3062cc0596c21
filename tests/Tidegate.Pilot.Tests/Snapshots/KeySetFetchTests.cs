using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;

namespace Tidegate.Pilot.Tests.Snapshots;

/// <summary>Key sets of issuers (security-envoy.md 8, "Key sets"): which are taken, and that one that cannot be had costs nobody else anything.</summary>
public sealed class KeySetFetchTests
{
    private const string Discovery = "/.well-known/openid-configuration";
    private const string Keys = """{"keys": [{"kty": "oct", "kid": "k", "k": "c2VjcmV0"}]}""";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_set_is_where_it_is_said_or_where_the_issuer_says()
    {
        await using var issuer = new IssuerServer();
        issuer.Answers["/keys"] = (200, "", Keys);
        issuer.Answers["/realm" + Discovery] = (200, "", $$"""{"issuer": "{{issuer.Address}}/realm/", "jwks_uri": "{{issuer.Address}}/keys"}""");

        Assert.Equal((Keys, ""), await FetchAsync(new KeySetSource(issuer.Address + "/keys", IsDiscovered: false, Soon)));
        Assert.Equal((Keys, ""), await FetchAsync(new KeySetSource(issuer.Address + "/realm/", IsDiscovered: true, Soon)));
    }

    [Theory]
    [InlineData(404, "", "", "the answer is 404")]
    [InlineData(500, "", Keys, "the answer is 500")]
    [InlineData(302, "location: http://169.254.169.254/latest", "", "redirect to http://169.254.169.254 is not followed")]
    [InlineData(200, "", "hello", "what is there")]
    [InlineData(200, "", "{}", "what is there")]
    [InlineData(200, "", """{"keys": []}""", "what is there")]
    [InlineData(200, "", """{"keys": [{"kty": "nosuch"}]}""", "what is there")]
    public async Task What_is_no_set_is_not_taken(int status, string field, string body, string expected)
    {
        await using var issuer = new IssuerServer();
        issuer.Answers["/keys"] = (status, field, body);

        (string? set, string problem) = await FetchAsync(new KeySetSource(issuer.Address + "/keys", IsDiscovered: false, Soon));

        Assert.Null(set);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://issuer.test/keys")]
    [InlineData("keys")]
    [InlineData("http://[fe80::1]/keys")]
    public async Task Nothing_is_asked_where_nothing_may_be_asked(string uri) =>
        Assert.Null((await FetchAsync(new KeySetSource(uri, IsDiscovered: false, Soon))).Document);

    [Fact]
    public async Task A_set_that_is_too_long_or_too_slow_is_not_taken()
    {
        await using var issuer = new IssuerServer();
        issuer.Answers["/keys"] = (200, "", Keys + new string(' ', 5000));

        Assert.Contains("more than 4096 bytes", (await FetchAsync(new KeySetSource(issuer.Address + "/keys", IsDiscovered: false, Soon))).Problem, StringComparison.Ordinal);
        Assert.Contains("no answer within", (await FetchAsync(new KeySetSource(issuer.Address + "/silent", IsDiscovered: false, TimeSpan.FromMilliseconds(50)))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_issuer_holds_up_nobody_and_a_good_set_stays()
    {
        await using var issuer = new IssuerServer();
        issuer.Answers["/keys"] = (200, "", Keys);
        var work = new BackgroundWork(NullLogger.Instance, TimeProvider.System);
        int changes = 0;
        var options = new PilotOptions { KeySetPatience = TimeSpan.FromMilliseconds(20), KeySetRefresh = TimeSpan.FromMilliseconds(20), KeySetRetry = TimeSpan.FromMilliseconds(10) };
        await using var documents = new IssuerDocuments(work, options, NullLogger.Instance, () => Interlocked.Increment(ref changes));
        var good = new KeySetSource(issuer.Address + "/keys", IsDiscovered: false, Soon);
        var silent = new KeySetSource(issuer.Address + "/silent", IsDiscovered: false, Soon);
        TranslationInput input = new(ObjectSet.Empty);

        // 1. Who does not answer is waited for no longer than it is said.
        await documents.WantAsync(Asking(good, silent));
        await HoldsAsync(() => documents.Into(input).KeySets.ContainsKey(good));
        Assert.False(documents.Into(input).KeySets.ContainsKey(silent));

        // 2. What is there later is not a set, and the good one stays.
        int asked = issuer.Asked.Count;
        issuer.Answers["/keys"] = (200, "", "no set");
        await HoldsAsync(() => issuer.Asked.Count(static path => path == "/keys") > asked + 3);
        Assert.Equal(Keys, documents.Into(input).KeySets[good]);

        // 3. A new one is taken, and told.
        int before = Volatile.Read(ref changes);
        string other = Keys.Replace("\"kid\": \"k\"", "\"kid\": \"other\"", StringComparison.Ordinal);
        issuer.Answers["/keys"] = (200, "", other);
        await HoldsAsync(() => documents.Into(input).KeySets[good] == other);
        Assert.True(Volatile.Read(ref changes) > before);

        // 4. What nobody asks for any more is forgotten.
        await documents.WantAsync(Asking());
        Assert.Empty(documents.Into(input).KeySets);
    }

    private static TranslationResult Asking(params KeySetSource[] sources) => new([], [], []) { KeySets = sources };

    private static async Task<(string? Document, string Problem)> FetchAsync(KeySetSource source)
    {
        using var client = new IssuerClient(maxBytes: 4096);
        return await client.FetchKeySetAsync(source, Cancellation);
    }

    private static async Task HoldsAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, Cancellation);
        }
    }
}
