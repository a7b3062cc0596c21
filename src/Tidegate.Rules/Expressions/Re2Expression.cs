using System.Diagnostics.CodeAnalysis;

namespace Tidegate.Rules.Expressions;

/// <summary>
/// A regular expression in RE2's syntax (github.com/google/re2, doc/syntax.txt), as Istio and Envoy take them: what RE2 refuses is refused, in
/// the words of Go's <c>regexp/syntax</c>, and so is what RE2 has and the data plane has not: Unicode scripts (<c>\p{Greek}</c>), <c>\C</c>.
/// </summary>
public sealed class Re2Expression
{
    /// <summary>
    /// The greatest program, counted as RE2 counts it: <c>re2.max_program_size.error_level</c> in the bootstrap that Istio gives to Envoy.
    /// </summary>
    public const int MaxSize = 32768;

    /// <summary>
    /// The most instructions that a program on code points has. The time for a text of n characters is at most n times this, some 10 ns each.
    /// </summary>
    public const int MaxInstructions = 4096;

    private Re2Expression(string text, int groupCount, Re2Program program)
    {
        Text = text;
        GroupCount = groupCount;
        Program = program;
    }

    /// <summary>The expression as it was written.</summary>
    public string Text { get; }

    /// <summary>How many groups capture.</summary>
    public int GroupCount { get; }

    /// <summary>What it is compiled to.</summary>
    public Re2Program Program { get; }

    /// <summary>Null, or what is wrong with an expression.</summary>
    public static string? Check(string text) => TryParse(text, out _, out string? problem) ? null : problem;

    /// <summary>Reads and compiles an expression.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="expression">What was read.</param>
    /// <param name="problem">What is wrong with it: <c>error parsing regexp: missing closing ): `(a`</c>.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out Re2Expression? expression, [NotNullWhen(false)] out string? problem)
    {
        expression = null;
        var parser = new Re2Parser(text);
        if (parser.Parse(out problem) is not { } root)
        {
            problem ??= $"error parsing regexp: invalid: `{text}`";
            return false;
        }

        if (Re2Compiler.Compile(root, MaxInstructions) is not { } program)
        {
            problem = Re2Parser.TooLarge(text);
            return false;
        }

        expression = new Re2Expression(text, parser.GroupCount, program);
        problem = null;
        return true;
    }
}
