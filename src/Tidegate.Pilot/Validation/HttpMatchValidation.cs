using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a <c>match</c> of an HTTP route (Istio: <c>validateHTTPRouteMatchRequest</c>).</summary>
internal static class HttpMatchValidation
{
    public static void Check(HttpMatchRequest match, Findings findings, string field)
    {
        foreach ((string name, StringMatch value) in match.Headers)
        {
            findings.Check($"{field}.headers.{name}", HeaderSyntax.CheckMatched(name));
            StringMatchValidation.Check(value, "headers", findings, $"{field}.headers.{name}");
        }

        foreach ((string name, StringMatch value) in match.WithoutHeaders)
        {
            findings.Check($"{field}.withoutHeaders.{name}", HeaderSyntax.CheckMatched(name));
            if (value is not { Kind: StringMatchKind.Regex, Value: "*" })
            {
                // "*" is no expression: it means that the header is there.
                StringMatchValidation.Check(value, "withoutHeaders", findings, $"{field}.withoutHeaders.{name}");
            }
        }

        StringMatchValidation.Check(match.Uri, "uri", findings, $"{field}.uri", allowEmptyPrefix: true);
        StringMatchValidation.Check(match.Scheme, "scheme", findings, $"{field}.scheme");
        StringMatchValidation.Check(match.Method, "method", findings, $"{field}.method");
        StringMatchValidation.Check(match.Authority, "authority", findings, $"{field}.authority");
        foreach ((string name, StringMatch value) in match.QueryParams)
        {
            findings.Check($"{field}.queryParams.{name}", name.Length == 0 ? "query parameter name cannot be empty" : null);
            StringMatchValidation.Check(value, "queryParams", findings, $"{field}.queryParams.{name}");
        }

        if (match.Port != 0)
        {
            findings.Check($"{field}.port", AddressSyntax.CheckPort(match.Port));
        }

        LabelSyntax.CheckLabels(findings, $"{field}.sourceLabels", match.SourceLabels);
        GatewayNameSyntax.Check(findings, $"{field}.gateways", match.Gateways);
        if (match.SourceNamespace.Length > 0 && !DomainSyntax.IsLabel(match.SourceNamespace))
        {
            findings.Error($"{field}.sourceNamespace", $"sourceNamespace match {match.SourceNamespace} is invalid");
        }
    }
}
