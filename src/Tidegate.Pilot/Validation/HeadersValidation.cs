using Tidegate.Pilot.Resources;
using Tidegate.Rules.Formats;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>headers</c> of a route or of a destination.</summary>
internal static class HeadersValidation
{
    public static void Check(Headers? headers, Findings findings, string field)
    {
        if (headers?.Request is { } request)
        {
            CheckValues(request.Add, HeaderSyntax.CheckRequestAddition, findings, $"{field}.request.add");
            CheckValues(request.Set, HeaderSyntax.CheckRequestAddition, findings, $"{field}.request.set");
            CheckNames(request.Remove, findings, $"{field}.request.remove");
        }

        if (headers?.Response is { } response)
        {
            CheckValues(response.Add, HeaderSyntax.CheckOperation, findings, $"{field}.response.add");
            CheckValues(response.Set, HeaderSyntax.CheckOperation, findings, $"{field}.response.set");
            CheckNames(response.Remove, findings, $"{field}.response.remove");
        }
    }

    /// <summary>The authority of a request is set in at most one place of a route.</summary>
    public static void CheckAuthority(HttpRewrite? rewrite, Headers? headers, Findings findings, string field)
    {
        string current = rewrite?.Authority ?? string.Empty;
        if (headers?.Request is not { } request)
        {
            return;
        }

        foreach ((string name, string value) in request.Set.Concat(request.Add).Where(header => HeaderSyntax.IsAuthority(header.Key)))
        {
            if (current.Length > 0)
            {
                findings.Error(
                    $"{field}.request",
                    $"authority header cannot be set multiple times: have {GoText.Quote(current)}, attempting to set {GoText.Quote(value)}");
                return;
            }

            current = value;
        }
    }

    private static void CheckValues(IReadOnlyDictionary<string, string> values, Func<string, string?> checkName, Findings findings, string field)
    {
        foreach ((string name, string value) in values)
        {
            findings.Check($"{field}.{name}", checkName(name));
            CheckValue(HeaderSyntax.IsAuthority(name), value, findings, $"{field}.{name}");
        }
    }

    // Istio's own grammar first, which its users know the messages of; it knows no operators.
    private static void CheckValue(bool isAuthority, string value, Findings findings, string field)
    {
        if (isAuthority)
        {
            findings.Check(field, value.Length == 0 ? null : HostRules.CheckAuthority(value));
            return;
        }

        string? problem = HeaderValueSyntax.Check(value) ?? FormatString.Check(value);
        findings.Check(field, problem);
        if (problem is null && FormatString.Describe(FormatString.WithoutValue(value)) is { } withoutValue)
        {
            findings.Warn(field, withoutValue);
        }
    }

    private static void CheckNames(IReadOnlyList<string> names, Findings findings, string field)
    {
        for (int i = 0; i < names.Count; i++)
        {
            findings.Check($"{field}[{i}]", HeaderSyntax.CheckOperation(names[i]));
        }
    }
}
