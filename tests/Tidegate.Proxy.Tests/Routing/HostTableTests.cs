using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Tests.Routing;

/// <summary>istio-gateway.md 3.3 and 13: exact, longest suffix wildcard, longest prefix wildcard, everything.</summary>
public sealed class HostTableTests
{
    [Fact]
    public void An_exact_domain_comes_before_a_wildcard() =>
        Assert.Equal("a.foo.com", Find("a.foo.com", "*.foo.com", "a.foo.com", "*", "a.*"));

    [Fact]
    public void The_longest_suffix_comes_first() =>
        Assert.Equal("*.b.foo.com", Find("a.b.foo.com", "*.foo.com", "*.b.foo.com", "*.com", "*"));

    [Fact]
    public void A_suffix_comes_before_a_prefix() => Assert.Equal("*.com", Find("foo.com", "foo.*", "*.com"));

    [Fact]
    public void The_longest_prefix_comes_first() => Assert.Equal("foo.bar.*", Find("foo.bar.com", "foo.*", "foo.bar.*", "*"));

    [Theory]
    [InlineData("foo.com", "*.foo.com")]
    [InlineData(".foo.com", "*.foo.com")]
    [InlineData("-bar.foo.com", "*-bar.foo.com")]
    [InlineData("foo.", "foo.*")]
    public void A_wildcard_stands_for_one_byte_at_least(string host, string domain) => Assert.Null(Find(host, domain));

    [Theory]
    [InlineData("baz-bar.foo.com", "*-bar.foo.com")]
    [InlineData("a.b.c.foo.com", "*.foo.com")]
    public void A_suffix_need_not_begin_with_a_dot_and_spans_labels(string host, string domain) => Assert.Equal(domain, Find(host, domain));

    [Theory]
    [InlineData("SECRET.com", "secret.com")]
    [InlineData("secret.com", "Secret.COM")]
    [InlineData("A.SECRET.com", "*.Secret.com")]
    [InlineData("SECRET.x", "secret.*")]
    public void Case_does_not_count(string host, string domain) => Assert.Equal(domain, Find(host, domain));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("anything.at.all:8080")]
    public void A_star_takes_whatever_nothing_else_takes(string host) => Assert.Equal("*", Find(host, "foo.com", "*"));

    [Fact]
    public void A_host_longer_than_any_domain_is_taken_by_the_star_only() =>
        Assert.Equal("*", Find(new string('a', 5000) + ".foo.com", "*.foo.com", "*"));

    [Theory]
    [InlineData("a.com", "A.com")]
    [InlineData("*.a.com", "*.A.COM")]
    [InlineData("a.*", "A.*")]
    [InlineData("*", "*")]
    public void A_domain_leads_to_one_thing(string first, string second)
    {
        var table = new HostTable<string>();
        Assert.True(table.TryAdd(first, "first"));
        Assert.False(table.TryAdd(second, "second"));
        Assert.Equal(1, table.Count);
    }

    [Property(MaxTest = 500)]
    public Property It_finds_what_a_plain_search_finds() => Prop.ForAll(
        Domains.ToArbitrary(),
        Host.ToArbitrary(),
        (domains, host) => Find(host, domains) == FindPlainly(host, domains));

    [Property(MaxTest = 300)]
    public Property More_domains_that_do_not_fit_change_nothing() => Prop.ForAll(
        Domains.ToArbitrary(),
        Domains.ToArbitrary(),
        Host.ToArbitrary(),
        (domains, more, host) =>
        {
            string[] others = [.. more.Where(domain => !Fits(host, domain))];
            return Find(host, domains) == Find(host, [.. others, .. domains]) && Find(host, domains) == Find(host, [.. domains, .. others]);
        });

    // A small alphabet, so that names meet.
    private static Gen<string> Name => Gen.Elements('a', 'b', '.').NonEmptyListOf().Select(static letters => new string([.. letters.Take(6)]));

    private static Gen<string> Host => Gen.OneOf(Name, Name.Select(static name => name.ToUpperInvariant()));

    private static Gen<string[]> Domains => Gen.OneOf(
        Name,
        Name.Select(static name => "*" + name),
        Name.Select(static name => name + "*"),
        Gen.Constant("*")).ListOf().Select(static domains => domains.Distinct().ToArray());

    private static string? Find(string host, params string[] domains)
    {
        var table = new HostTable<string>();
        foreach (string domain in domains)
        {
            table.TryAdd(domain, domain);
        }

        return table.Find(Encoding.ASCII.GetBytes(host));
    }

    private static bool Fits(string host, string domain)
    {
        host = host.ToLowerInvariant();
        return domain == "*"
            || host == domain
            || (domain[0] == '*' && host.Length >= domain.Length && host.EndsWith(domain[1..], StringComparison.Ordinal))
            || (domain[0] != '*' && domain[^1] == '*' && host.Length >= domain.Length && host.StartsWith(domain[..^1], StringComparison.Ordinal));
    }

    private static string? FindPlainly(string host, string[] domains) =>
        domains.FirstOrDefault(domain => !domain.Contains('*', StringComparison.Ordinal) && Fits(host, domain))
        ?? domains.Where(domain => domain.Length > 1 && domain[0] == '*' && Fits(host, domain)).MaxBy(static domain => domain.Length)
        ?? domains.Where(domain => domain.Length > 1 && domain[0] != '*' && domain[^1] == '*' && Fits(host, domain)).MaxBy(static domain => domain.Length)
        ?? domains.FirstOrDefault(static domain => domain == "*");
}
