using System.Text.RegularExpressions;

namespace Tidegate.Pilot.Validation;

/// <summary>What Envoy Gateway takes for an origin: <c>*</c>, or a scheme and a host, perhaps with a port, whose first part may be <c>*</c>.</summary>
internal static partial class OriginSyntax
{
    private const int MaxLength = 253;

    public static bool IsOrigin(string text) => text.Length <= MaxLength && Form().IsMatch(text);

    [GeneratedRegex(@"^(\*|[A-Za-z][A-Za-z0-9+.-]*://(\*|(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)(:[0-9]{1,5})?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
