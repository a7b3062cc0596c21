using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Tidegate.Proxy.Routing;
using Tidegate.Rules.Expressions;

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
    [InlineData("[😀-😂]+", "😁😂", true)]
    [InlineData("[😀-😂]", "😃", false)]
    [InlineData("^.$", "😀", true)]
    [InlineData("[^/]{2}", "é😀", true)]
    [InlineData("(?)/x", "/x", true)]
    [InlineData("(?m)a$\n^b", "a\nb", true)]
    [InlineData(@"a\b.*", "a-b", true)]
    [InlineData(@"a\b.*", "ab", false)]
    [InlineData(@"a\Bb", "ab", true)]
    [InlineData("a^b", "ab", false)]
    [InlineData("(a|b)*", "", true)]
    [InlineData("(a*)*b", "aab", true)]
    [InlineData("(?i)straße", "STRAßE", true)]
    [InlineData("(?i)[k-m]", "\u212A", true)]
    [InlineData("(?i)[^k]", "K", false)]
    [InlineData("a{0}b", "b", true)]
    [InlineData("a{2,}", "aaaa", true)]
    [InlineData("a{2,}", "a", false)]
    public void It_fits_what_RE2_fits(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Parse(pattern).IsFullMatch(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void What_is_no_expression_is_refused_with_the_reason()
    {
        Assert.False(Re2Pattern.TryParse("(a", out _, out string? found));
        Assert.Equal("error parsing regexp: missing closing ): `(a`", found);
    }

    // Each of these took from one to seventy seconds with the framework's engine.
    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("((a{1,30}){1,30})b")]
    [InlineData("(.*a.{0,10}){10}z")]
    [InlineData("(([a-c]{1,10}x?){1,10}){1,10}b")]
    [InlineData(".*a.{990}b")]
    public void S18_no_input_makes_an_expression_slow(string expression)
    {
        byte[] same = Encoding.ASCII.GetBytes(new string('a', 50 * 1024) + "!");
        byte[] mixed = [.. Enumerable.Range(0, 50 * 1024).Select(static i => (byte)"abc/-_.xyz"[(int)(((i * 2654435761L) >> 9) % 10)])];
        Re2Pattern pattern = Parse(expression);
        TimeSpan spent = ThreadTime.Of(() =>
        {
            Assert.False(pattern.IsFullMatch(same));
            Assert.False(pattern.IsFullMatch(mixed));
        });
        Assert.True(spent < TimeSpan.FromSeconds(5), $"{spent}");
    }

    [Fact]
    public void Texts_of_a_known_kind_allocate_nothing()
    {
        Re2Pattern pattern = Parse("/api/v[0-9]+/(users|orders)/[^/]+/?");
        byte[] text = "/api/v12/orders/é7"u8.ToArray();
        Assert.True(pattern.IsFullMatch(text));

        Assert.Equal(0, Allocations.Of(() => pattern.IsFullMatch(text)));
    }

    [Theory]
    [InlineData("^/service/([^/]+)(/.*)$", @"\2/instance/\1", "/service/foo/v1/api", "/v1/api/instance/foo")]
    [InlineData("one", "two", "/xxx/one/yyy/one/zzz", "/xxx/two/yyy/two/zzz")]
    [InlineData("(?i)/xxx/", "/yyy/", "/aaa/XxX/bbb", "/aaa/yyy/bbb")]
    [InlineData("a*", "x", "baac", "xbxcx")]
    [InlineData("a", @"\0\0", "bab", "baab")]
    [InlineData("a", @"\\", "a", @"\")]
    [InlineData("(?P<last>a)(b)", @"\2\1", "ab", "ba")]
    [InlineData("a+?", "x", "aaa", "xxx")]
    [InlineData("(?U)a+", "x", "aaa", "xxx")]
    [InlineData("(a|ab)(c|bcd)", @"<\1,\2>", "abcd", "<a,bcd>")]
    [InlineData("(a)|(b)", @"[\1\2]", "ab", "[a][b]")]
    [InlineData("^a", "x", "aa", "xa")]
    [InlineData(@"\b", "|", "ab c", "|ab| |c|")]
    [InlineData("", "-", "éa", "-é-a-")]
    [InlineData("(.)", @"\1\1", "é😀", "éé😀😀")]
    public void It_replaces_as_RE2_does(string pattern, string substitution, string text, string expected)
    {
        Re2Pattern compiled = Parse(pattern);
        Assert.True(Re2Substitution.TryParse(substitution, compiled.GroupCount, out Re2Substitution? replacement, out _));
        var output = new ByteBuilder(stackalloc byte[4]);
        compiled.ReplaceAll(Encoding.UTF8.GetBytes(text), replacement, ref output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.Written));
        output.Dispose();
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

    [Property(MaxTest = 500)]
    public Property Replacements_are_where_the_framework_finds_them() => Prop.ForAll(
        Gen.Elements("a", "b", ".", "[ab]", "(a|b)", "(a*)b", "a+?", "(ab)?", "b{1,2}", "^", "$", @"\b").ListOf().Select(static parts => string.Concat(parts)).ToArbitrary(),
        Gen.Elements('a', 'b', 'c', ' ').ListOf().Select(static letters => new string([.. letters])).ToArbitrary(),
        static (pattern, text) =>
        {
            Re2Pattern compiled = Parse(pattern);
            Assert.True(Re2Substitution.TryParse(compiled.GroupCount > 0 ? @"<\0|\1>" : @"<\0>", compiled.GroupCount, out Re2Substitution? substitution, out _));
            var output = new ByteBuilder(stackalloc byte[64]);
            compiled.ReplaceAll(Encoding.ASCII.GetBytes(text), substitution, ref output);
            string replaced = Encoding.ASCII.GetString(output.Written);
            output.Dispose();
            return replaced == ReplacedByFramework(pattern, text);
        });

    // The framework takes an empty match right behind another; RE2 does not.
    private static string ReplacedByFramework(string pattern, string text)
    {
        int lastEnd = -1;
        return Regex.Replace(text, pattern.Replace("$", @"\z", StringComparison.Ordinal), match =>
        {
            bool isTaken = match.Length > 0 || match.Index != lastEnd;
            lastEnd = match.Index + match.Length;
            return !isTaken ? string.Empty : match.Groups.Count > 1 ? $"<{match.Value}|{match.Groups[1].Value}>" : $"<{match.Value}>";
        });
    }

    private static Re2Pattern Parse(string pattern)
    {
        Assert.True(Re2Pattern.TryParse(pattern, out Re2Pattern? compiled, out string? reason), reason);
        return compiled;
    }
}
