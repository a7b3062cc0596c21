using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks where a route sends requests.</summary>
internal static class DestinationValidation
{
    /// <summary>Checks a destination and its share.</summary>
    public static void CheckWeighted(Destination? destination, int weight, Findings findings, string field)
    {
        if (destination is null)
        {
            findings.Error(field, "destination is required");
        }
        else
        {
            Check(destination, findings, $"{field}.destination");
        }

        if (weight < 0)
        {
            findings.Error($"{field}.weight", $"weight {weight} < 0");
        }
    }

    /// <summary>Checks host, subset and port.</summary>
    public static void Check(Destination destination, Findings findings, string field)
    {
        findings.Check(
            $"{field}.host",
            destination.Host == "*" ? $"invalid destination host {destination.Host}" : DomainSyntax.CheckWildcardName(destination.Host));
        if (destination.Subset.Length > 0)
        {
            findings.Check($"{field}.subset", CheckSubsetName(destination.Subset));
        }

        if (destination.Port is { } port)
        {
            findings.Check($"{field}.port.number", AddressSyntax.CheckPort(port));
        }
    }

    /// <summary>The name of a subset.</summary>
    public static string? CheckSubsetName(string name) =>
        name.Length == 0 ? "subset name cannot be empty" : DomainSyntax.IsLabel(name) ? null : $"subset name is invalid: {name}";
}
