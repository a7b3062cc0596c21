using System.Globalization;

namespace Tidegate.Pilot.Validation;

/// <summary>What values of policies may be. Each check gives null, or what is wrong.</summary>
internal static class AuthorizationValueSyntax
{
    // Istio: an account, or a namespace and an account.
    private const int MaxServiceAccount = 320;

    /// <summary>A port, as a text.</summary>
    public static string? CheckPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is >= 1 and <= 65535 ? null : $"invalid port {text}";

    /// <summary>A service account: <c>name</c>, or <c>namespace/name</c>.</summary>
    public static string? CheckServiceAccount(string text)
    {
        string[] parts = text.Split('/');
        return text.Contains('*') ? "wildcard is not supported in serviceAccounts"
            : parts.Length > 2 || parts.Any(static part => part.Length == 0) ? $"invalid serviceAccount {text}, must be of the form `<namespace>/<name>` or `<name>`"
            : text.Length > MaxServiceAccount ? $"serviceAccount {text} is too long"
            : null;
    }
}
