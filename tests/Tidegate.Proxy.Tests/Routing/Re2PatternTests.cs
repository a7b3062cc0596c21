using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Tests.Routing;

/// <summary>Expressions in RE2's syntax, as Envoy takes them.</summary>
public sealed class Re2PatternTests
{
    [Theory]
    [InlineData(@"\d+", "12", true)]
    [InlineData(@"\d+", "\u0663", false)] // a digit, but not an ASCII one
    [InlineData(@"\w+", "a_Z9", true)]
    [InlineData(@"\w", "é", false)]
    [InlineData(@"[\d_]+", "1_2", true)]
    [InlineData(@"[^\W]+", "ab", true)]
    [InlineData(@"[\W]", "-", true)]
    [InlineData(@"[\W]", "a", false)]
    [InlineData(@"\s", "\v", false)]
    [InlineData("[[:alpha:]]+", "abC", true)]
    [InlineData("[[:alpha:]]+", "ab1", false)]
    [InlineData("[[:^digit:]x]+", "ax", true)]
    [InlineData("[[:^digit:]]", "7", false)]
    [InlineData("[]a]+", "]a", true)]
    [InlineData("[a[]+", "[a", true)]
    [InlineData(@"\Qa.b\E.", "a.bx", true)]
    [InlineData(@"\Qa.b", "axb", false)]
    [InlineData("(?i)ABC", "abc", true)]
    [InlineData("(?i:A)b", "ab", true)]
    [InlineData("(?i:A)b", "aB", false)]
    [InlineData("(?P<name>a)b", "ab", true)]
    [InlineData("(?<name>a)b", "ab", true)]
    [InlineData(@"\pL+", "é", true)]
    [InlineData(@"\p{Lu}", "a", false)]
    [InlineData(@"\x41\x{42}", "AB", true)]
    [InlineData(@"\101", "A", true)]
    [InlineData("a{2,3}", "aaa", true)]
    [InlineData("a{2,3}", "aaaa", false)]
    [InlineData("a{x", "a{x", true)]
    [InlineData("a{,2}", "a{,2}", true)]
    [InlineData("a.c", "a\nc", false)]
    [InlineData("(?s)a.c", "a\nc", true)]
    [InlineData("abc$", "abc\n", false)]
    [InlineData("^abc$", "abc", true)]
    [InlineData(@"/a\-b\_c", "/a-b_c", true)]
    [InlineData("a|bc", "bc", true)]
    [InlineData("a|bc", "ac", false)]
    [InlineData("é+", "éé", true)]
    [InlineData("", "", true)]
    [InlineData(".*", "", true)]
    [InlineData("a.*", "a\nb", false)]
    public void It_fits_what_RE2_fits(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Parse(pattern).IsFullMatch(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("(", "not closed")]
    [InlineData("a)", "not opened")]
    [InlineData("[a", "not closed")]
    [InlineData("(?=a)", "not supported")]
    [InlineData("(?<!a)b", "not supported")]
    [InlineData(@"(a)\1", "back references")]
    [InlineData(@"\Z", @"\Z")]
    [InlineData("a{1001}", "1000")]
    [InlineData("((a{100}){100}){100}", "32768")]
    [InlineData("[[:nope:]]", "nope")]
    [InlineData(@"\p{Greek}", "Greek")]
    [InlineData("a\\", "backslash")]
    [InlineData("*a", "\"*a\"")]
    [InlineData("a**", "\"a**\"")]
    [InlineData("(?U)a+", "not supported")]
    public void What_is_no_expression_is_refused_with_the_reason(string pattern, string reason)
    {
        Assert.False(Re2Pattern.TryParse(pattern, out _, out string? found));
        Assert.Contains(reason, found, StringComparison.Ordinal);
    }

    [Fact]
    public void S18_no_input_makes_an_expression_slow()
    {
        byte[] text = Encoding.ASCII.GetBytes(new string('a', 60 * 1024) + "!");
        Re2Pattern pattern = Parse("(a+)+$");
        long start = Stopwatch.GetTimestamp();
        Assert.False(pattern.IsFullMatch(text));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("^/service/([^/]+)(/.*)$", @"\2/instance/\1", "/service/foo/v1/api", "/v1/api/instance/foo")]
    [InlineData("one", "two", "/xxx/one/yyy/one/zzz", "/xxx/two/yyy/two/zzz")]
    [InlineData("(?i)/xxx/", "/yyy/", "/aaa/XxX/bbb", "/aaa/yyy/bbb")]
    [InlineData("a*", "x", "baac", "xbxcx")]
    [InlineData("a", @"\0\0", "bab", "baab")]
    [InlineData("a", @"\\", "a", @"\")]
    [InlineData("(?P<last>a)(b)", @"\2\1", "ab", "ba")]
    public void It_replaces_as_RE2_does(string pattern, string substitution, string text, string expected)
    {
        Re2Pattern compiled = Parse(pattern);
        Assert.True(Re2Substitution.TryParse(substitution, compiled.GroupCount, out Re2Substitution? replacement, out _));
        var output = new ByteBuilder(stackalloc byte[4]);
        compiled.ReplaceAll(Encoding.UTF8.GetBytes(text), replacement, ref output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.Written));
        output.Dispose();
    }

    [Theory]
    [InlineData(@"\1", "0")]
    [InlineData(@"\x", "backslash")]
    [InlineData("\\", "backslash")]
    public void A_substitution_that_means_nothing_is_refused(string substitution, string reason)
    {
        Assert.False(Re2Substitution.TryParse(substitution, 0, out _, out string? found));
        Assert.Contains(reason, found, StringComparison.Ordinal);
    }

    [Property(MaxTest = 1000)]
    public Property Any_text_is_an_expression_or_is_refused() => Prop.ForAll(
        Gen.Elements(@"ab01\[](){}*+?.^$|-:,dwsQEpPxAz{L}é ".ToCharArray()).ListOf().Select(static letters => new string([.. letters])).ToArbitrary(),
        static text =>
        {
            // Neither a crash nor a hang, and whatever is taken can be used.
            if (Re2Pattern.TryParse(text, out Re2Pattern? pattern, out string? reason))
            {
                pattern.IsFullMatch("ab01"u8);
                return reason is null;
            }

            return reason.Length > 0;
        });

    [Property(MaxTest = 500)]
    public Property Plain_expressions_mean_what_they_mean_to_the_framework() => Prop.ForAll(
        Gen.Elements("a", "b", ".", "[ab]", "[^a]", "(a|b)", "a*", "b+", "(ab)?", "a{2}").ListOf().Select(static parts => string.Concat(parts)).ToArbitrary(),
        Gen.Elements('a', 'b', 'c').ListOf().Select(static letters => new string([.. letters])).ToArbitrary(),
        static (pattern, text) =>
            Parse(pattern).IsFullMatch(Encoding.ASCII.GetBytes(text)) == Regex.IsMatch(text, $@"\A(?:{pattern})\z", RegexOptions.CultureInvariant));

    private static Re2Pattern Parse(string pattern)
    {
        Assert.True(Re2Pattern.TryParse(pattern, out Re2Pattern? compiled, out string? reason), reason);
        return compiled;
    }
}
