using System.IO.Enumeration;
using System.Text.RegularExpressions;
using Tidegate.Failures;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Diagnostics;

/// <summary>A finding that is known and not to be told: <c>CODE=KIND NAMESPACE/NAME</c>, where <c>*</c> stands for anything (cli.md, 5.2).</summary>
/// <param name="Code">The code.</param>
/// <param name="Pattern">The object.</param>
internal sealed partial record Suppression(string Code, string Pattern)
{
    /// <summary>Reads one.</summary>
    /// <exception cref="CommandException">It has not two parts.</exception>
    public static Suppression Parse(string text) =>
        text.Split('=') is [var code, var pattern]
            ? new Suppression(code, pattern)
            : throw new CommandException($"{text} is not a valid suppression value. See tidegate analyze --help");

    /// <summary>Whether a code can be one of a finding: Istio's, or a name of ours.</summary>
    public static bool IsKnownCode(string code) => KnownForm().IsMatch(code);

    /// <summary>Whether a finding is meant. The form <c>KIND NAME.NAMESPACE</c>, which istioctl's help has and istioctl does not know, is taken as well.</summary>
    public bool Covers(Diagnostic diagnostic) =>
        diagnostic.Code == Code && diagnostic.Resource is { } key && (Fits(key.ToString()) || Fits(WithDot(key)));

    private static string WithDot(ResourceKey key) => $"{key.Kind} {key.Name}.{key.Namespace}";

    private bool Fits(string name) => FileSystemName.MatchesSimpleExpression(Pattern, name, ignoreCase: false);

    [GeneratedRegex("^(IST[0-9]{4}|[a-z][a-z0-9]*(-[a-z0-9]+)+)$")]
    private static partial Regex KnownForm();
}
