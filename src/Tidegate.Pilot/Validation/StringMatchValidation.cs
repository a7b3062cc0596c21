using System.Text;
using Tidegate.Pilot.Resources;
using Tidegate.Rules.Expressions;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a <see cref="StringMatch"/>, and regular expressions wherever they stand.</summary>
internal static class StringMatchValidation
{
    private const int MaxExpressionBytes = 1024;

    /// <summary>Checks a condition; one without a kind means presence and is right.</summary>
    /// <param name="match">The condition; null when there is none.</param>
    /// <param name="where">What Istio's message calls the place.</param>
    /// <param name="findings">Takes what is found.</param>
    /// <param name="field">The field.</param>
    /// <param name="allowEmptyPrefix">Whether the prefix may be empty, as that of a URI.</param>
    public static void Check(StringMatch? match, string where, Findings findings, string field, bool allowEmptyPrefix = false)
    {
        if (match is { Kind: StringMatchKind.Prefix, Value.Length: 0 } && !allowEmptyPrefix)
        {
            findings.Error($"{field}.prefix", $"\"{where}\": prefix string match should not be empty");
        }
        else if (match is { Kind: StringMatchKind.Regex })
        {
            if (match.Value.Length == 0)
            {
                findings.Error($"{field}.regex", $"\"{where}\": regex string match should not be empty");
            }
            else
            {
                CheckExpression(match.Value, where, findings, $"{field}.regex");
            }
        }
    }

    /// <summary>Checks a regular expression.</summary>
    public static void CheckExpression(string expression, string where, Findings findings, string field)
    {
        if (Encoding.UTF8.GetByteCount(expression) > MaxExpressionBytes)
        {
            findings.Error(field, $"\"{where}\": regex is too large, max length allowed is {MaxExpressionBytes}");
        }
        else if (Re2Expression.Check(expression) is { } problem)
        {
            findings.Error(field, $"\"{where}\": {problem}; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)");
        }
    }
}
