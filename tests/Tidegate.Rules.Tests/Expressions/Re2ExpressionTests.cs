using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Tidegate.Rules.Expressions;

namespace Tidegate.Rules.Tests.Expressions;

/// <summary>What is a regular expression: RE2's syntax, Go's words for what is wrong, RE2's limit of size.</summary>
public sealed class Re2ExpressionTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("(a)(?:b)(?P<c>d)", 2)]
    [InlineData("(?)/x", 0)]
    [InlineData("[😀-😂]", 0)]
    [InlineData(@"\pL\P{Lu}\p{^N}\d[[:^alpha:]]\x{1F600}\Q(\E", 0)]
    [InlineData("(?imsU-i)a", 0)]
    [InlineData("^*a", 0)]
    [InlineData("a(?i)*", 0)]
    [InlineData("((a{1,30}){1,30})b", 2)]
    public void Is_an_expression(string text, int groups)
    {
        Assert.True(Re2Expression.TryParse(text, out Re2Expression? expression, out string? problem), problem);
        Assert.Equal(groups, expression.GroupCount);
    }

    [Theory]
    [InlineData("(", "missing closing ): `(`")]
    [InlineData("a)", "unexpected ): `a)`")]
    [InlineData("[a", "missing closing ]: `[a`")]
    [InlineData("(?=a)", "invalid or unsupported Perl syntax: `(?=`")]
    [InlineData("(?<!a)b", "invalid named capture: `(?<!a)b`")]
    [InlineData("(?P<a>x)(?P<a>y)", "invalid named capture: `(?P<a>`")]
    [InlineData(@"(a)\1", @"invalid escape sequence: `\1`")]
    [InlineData(@"\Z", @"invalid escape sequence: `\Z`")]
    [InlineData(@"\C", @"invalid escape sequence: `\C`")]
    [InlineData("a{1001}", "invalid repeat count: `{1001}`")]
    [InlineData("a{2,1}", "invalid repeat count: `{2,1}`")]
    [InlineData("((a{100}){100}){100}", "invalid repeat count: `{100}`")]
    [InlineData("[[:nope:]]", "invalid character class range: `[:nope:]`")]
    [InlineData(@"\p{Greek}", @"invalid character class range: `\p{Greek}`")]
    [InlineData("[b-a]", "invalid character class range: `b-a`")]
    [InlineData("a\\", "trailing backslash at end of expression: ``")]
    [InlineData("*a", "missing argument to repetition operator: `*`")]
    [InlineData("a|*", "missing argument to repetition operator: `*`")]
    [InlineData("a**", "invalid nested repetition operator: `**`")]
    [InlineData(".{500}.{500}.{500}.{500}.{500}.{500}.{500}.{500}.{500}.{500}", "expression too large: `.{500}.{500}.{500}.{500}.{500}.{500}.{500}.{500}.{500}.{500}`")]
    [InlineData("a{1000}a{1000}a{1000}a{1000}a{1000}", "expression too large: `a{1000}a{1000}a{1000}a{1000}a{1000}`")]
    [InlineData("(?:\\pL{0,100}){10}", "expression too large: `(?:\\pL{0,100}){10}`")]
    public void Is_no_expression(string text, string problem) => Assert.Equal($"error parsing regexp: {problem}", Re2Expression.Check(text));

    [Fact]
    public void Half_a_surrogate_pair_is_no_text() => Assert.Equal("error parsing regexp: invalid UTF-8", Re2Expression.Check("a\uD83D"));

    [Theory]
    [InlineData(@"\1", "the substitution \"\\1\" uses group 1; the regular expression has 0")]
    [InlineData(@"\9", "the substitution \"\\9\" uses group 9; the regular expression has 0")]
    [InlineData(@"\x", "the substitution \"\\x\" has a backslash that is followed by neither a digit nor a backslash")]
    [InlineData("\\", "the substitution \"\\\" has a backslash that is followed by neither a digit nor a backslash")]
    public void Is_no_substitution(string text, string problem)
    {
        Assert.False(Re2Substitution.TryParse(text, 0, out _, out string? found));
        Assert.Equal(problem, found);
    }

    [Property(MaxTest = 3000)]
    public Property Any_text_is_an_expression_or_is_refused_with_a_reason() => Prop.ForAll(
        Gen.Elements(@"ab01\[](){}*+?.^$|-:,=!<>P_dwsQEpPxAzbBimsU{L}é😀 ".EnumerateRunes().Select(static rune => rune.ToString()).ToArray())
            .ListOf().Select(static parts => string.Concat(parts)).ToArbitrary(),
        static text => Re2Expression.TryParse(text, out Re2Expression? expression, out string? problem)
            ? expression.Program.Instructions.Count <= Re2Expression.MaxInstructions + 1
            : problem.StartsWith("error parsing regexp: ", StringComparison.Ordinal));
}
